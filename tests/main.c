/* SPDX-License-Identifier: MIT */
/*
 * main.c — run the suites of all modules.
 *
 * libcheck's own variables apply: CK_RUN_SUITE=NAME, CK_RUN_CASE=NAME, CK_FORK=no (for a debugger), CK_VERBOSITY=verbose.
 * The last line is "N passed, N failed".
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

/* One per line, so that two who add one do not meet. */
/* clang-format off */
static Suite *(*const suites[])(void) = {
    suite_err,
    suite_bytes,
    suite_settings,
    suite_tcpopt,
    suite_packet,
    suite_layers,
    suite_label,
    suite_anomaly,
    suite_ring,
    suite_pcapfile,
    suite_naming,
    suite_queue,
    suite_linefile,
    suite_filestore,
    suite_tally,
    suite_retention,
    suite_keeper,
    suite_hook,
    suite_outfiles,
    suite_sink,
    suite_writer,
    suite_flowlog,
    suite_text,
    suite_json,
    suite_human,
    suite_community,
    suite_alarmlog,
    suite_report,
    suite_hosts,
    suite_window,
    suite_tcpstate,
    suite_detect,
    suite_config,
    suite_options,
    suite_trial,
    suite_output,
    suite_capfile,
    suite_capture,
    suite_notify,
    suite_status,
    suite_log,
    suite_sandbox,
    suite_timers,
    suite_clock,
    suite_ahead,
    suite_relay,
    suite_readahead,
    suite_pool,
    suite_rate,
    suite_elders,
    suite_lineup,
    suite_account,
    suite_ethertypes,
    suite_sheet,
    suite_flowtable,
    suite_fragments,
    suite_handshakes,
    suite_flowkey,
    suite_extract,
    suite_tracker,
    suite_bits,
    suite_flowtab,
    suite_jsonread,
    suite_tail,
    suite_verdict,
};
/* clang-format on */

int main(void) {
    (void)setenv("CK_DEFAULT_TIMEOUT", "60", 0); /* seconds: what hangs is to fail, what is slow is not */
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        srunner_add_suite(runner, suites[i]());

    srunner_run_all(runner, CK_ENV);
    int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);

    printf("%d passed, %d failed\n", run - failed, failed);
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
