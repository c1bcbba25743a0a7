/* SPDX-License-Identifier: MIT */
/*
 * suites.h — one suite of tests per module; main.c runs them in this order.
 */
#ifndef SUITES_H
#define SUITES_H

#include <check.h>

Suite *suite_err(void);
Suite *suite_bytes(void);
Suite *suite_settings(void);
Suite *suite_tcpopt(void);
Suite *suite_packet(void);
Suite *suite_layers(void);
Suite *suite_label(void);
Suite *suite_anomaly(void);
Suite *suite_ring(void);
Suite *suite_pcapfile(void);
Suite *suite_naming(void);
Suite *suite_queue(void);
Suite *suite_linefile(void);
Suite *suite_filestore(void);
Suite *suite_tally(void);
Suite *suite_retention(void);
Suite *suite_keeper(void);
Suite *suite_hook(void);
Suite *suite_outfiles(void);
Suite *suite_sink(void);
Suite *suite_writer(void);
Suite *suite_text(void);
Suite *suite_flowlog(void);
Suite *suite_json(void);
Suite *suite_human(void);
Suite *suite_community(void);
Suite *suite_alarmlog(void);
Suite *suite_report(void);
Suite *suite_hosts(void);
Suite *suite_window(void);
Suite *suite_tcpstate(void);
Suite *suite_detect(void);
Suite *suite_config(void);
Suite *suite_options(void);
Suite *suite_trial(void);
Suite *suite_output(void);
Suite *suite_capfile(void);
Suite *suite_capture(void);
Suite *suite_notify(void);
Suite *suite_status(void);
Suite *suite_log(void);
Suite *suite_sandbox(void);
Suite *suite_timers(void);
Suite *suite_clock(void);
Suite *suite_ahead(void);
Suite *suite_relay(void);
Suite *suite_readahead(void);
Suite *suite_pool(void);
Suite *suite_rate(void);
Suite *suite_elders(void);
Suite *suite_lineup(void);
Suite *suite_account(void);
Suite *suite_ethertypes(void);
Suite *suite_sheet(void);
Suite *suite_flowtable(void);
Suite *suite_fragments(void);
Suite *suite_handshakes(void);
Suite *suite_flowkey(void);
Suite *suite_extract(void);
Suite *suite_tracker(void);
Suite *suite_bits(void);
Suite *suite_flowtab(void);
Suite *suite_jsonread(void);
Suite *suite_tail(void);
Suite *suite_verdict(void);

#endif
