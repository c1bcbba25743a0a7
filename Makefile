# SPDX-License-Identifier: MIT
# How tcpwind is built, tested and installed. `make help` lists the targets.
#
# One list per folder says what is built: a file that is not listed is not. Everything made goes to build/<variant>.

VERSION := 0.1.0

lib := err capfile origin interface settings tcpopt link ip tunnel wlan packet layers label anomaly clock pool rate elders lineup thread ahead relay readahead timers ring flowkey window tcpstate
lib += skew shape detect flow flowtable account flowrecord fragments handshakes outfiles extract chain drain keep resize alarm segment tracker engine fdio queue tally pcapfile
lib += linefile filestore naming numbers retention keeper sink writer text json community human bits flowstat flowlog alarmlog ethertypes report sheet report_text hosts
daemon := config configscan keys units value options log capture manifest output alarmlines labels progress hook session
daemon += reader offline signals daemon
daemon += notify journal status metrics reports source control privileges trial live reload sandbox
ctl := ctl status request reload follow decode flows flowtab instance jsonread tail verdict
programs := tcpwind tcpwindctl
tests := capfile retention keeper hook outfiles err bytes settings tcpopt packet ring pcapfile naming queue linefile filestore tally sink writer text json
tests += human community alarmlog
tests += layers label anomaly flowlog timers clock report hosts window tcpstate detect config options output capture
tests += notify status log sandbox trial
tests += ethertypes sheet tracker flowkey extract pool rate elders lineup ahead relay readahead account flowtable fragments handshakes
tests += bits flowtab jsonread tail verdict
support := folder build_capture build_packet check_json scenario threads
generate := generate talk frame
golden := compose whence
fuzz := packet tcpopt events config
fuzz += flowtab jsonread capfile
man := tcpwindctl.1 tcpwind.8 tcpwind.conf.5 tcpwind-files.5

# What the user may set, on the command line or in the environment.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
EXAMPLESDIR ?= $(PREFIX)/share/doc/tcpwind/examples
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
DEPS ?= yes
HARDEN_CPPFLAGS ?= $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN_CFLAGS ?= -fPIE -fstack-protector-strong
HARDEN_LDFLAGS ?= -pie -Wl,-z,relro,-z,now

# One tree of objects per compiler and set of sanitizers.
comma := ,
VARIANT ?= $(notdir $(firstword $(CC)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))
B := build/$(VARIANT)
Q := $(if $(V),,@)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wvla -Wundef $(if $(WERROR),-Werror)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
INCLUDES = -Ilib -Idaemon -Ictl -Itests -Itests/support $(addprefix -I,$(wildcard /usr/include/libev))
ALL_CPPFLAGS = $(INCLUDES) -D_GNU_SOURCE -DTW_VERSION='"$(VERSION)"' $(HARDEN_CPPFLAGS) $(CPPFLAGS)
# Two words written one by one and read at once as a vector have to wait for each other: 3 % of the time without this.
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -fno-tree-slp-vectorize -pthread $(HARDEN_CFLAGS) $(SANITIZE) $(CFLAGS)
ALL_LDFLAGS = -pthread $(HARDEN_LDFLAGS) $(SANITIZE) $(LDFLAGS)
LIBS = -lmd
DAEMON_LIBS = -lpcap -lev -lconfig -lsystemd -lcap-ng -lseccomp
CHECK_LIBS = $(shell $(PKG_CONFIG) --libs check)

program_files := $(programs:%=$(B)/%)
fuzz_files := $(fuzz:%=$(B)/fuzz/%)
archives := $(B)/libtcpwindd.a $(B)/libtcpwindctl.a $(B)/libtcpwind.a
test_objects := $(tests:%=$(B)/tests/test_%.o) $(support:%=$(B)/tests/support/%.o) $(B)/tests/main.o
objects := $(lib:%=$(B)/lib/%.o) $(daemon:%=$(B)/daemon/%.o) $(ctl:%=$(B)/ctl/%.o) $(B)/daemon/main.o $(B)/ctl/main.o $(test_objects) \
	$(fuzz:%=$(B)/tests/fuzz/fuzz_%.o) $(B)/tests/fuzz/replay.o $(golden:%=$(B)/tests/tools/%.o) \
	$(generate:%=$(B)/tests/bench/%.o) $(B)/tests/bench/bare.o
sources := $(wildcard lib/*.[ch] daemon/*.[ch] ctl/*.[ch] tests/*.[ch] tests/*/*.[ch])
headers := $(wildcard lib/*.h daemon/*.h ctl/*.h)
scripts := $(shell grep -lI '^\#!/bin/.*sh' .ci/* tests/* tests/*/* 2>/dev/null)

all: $(archives) $(program_files)  ## build the library and the programs (the default)

# --- objects, archives, programs

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC    $<')
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Rewritten only when the flags are others than last time, so that just then everything is built again. With the
# targets that may install what is missing, nothing is compiled before that.
$(B)/flags: FORCE | $(if $(filter deps check demo bench,$(MAKECMDGOALS)),deps)
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@
$(B)/flags: export FLAGS = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)

$(B)/libtcpwind.a: $(lib:%=$(B)/lib/%.o)
$(B)/libtcpwindd.a: $(daemon:%=$(B)/daemon/%.o)
$(B)/libtcpwindctl.a: $(ctl:%=$(B)/ctl/%.o)
$(archives): Makefile
	$(if $(V),,@echo '  AR    $@')
	@mkdir -p $(@D) && rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

define link
	$(if $(V),,@echo '  LINK  $@')
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LIBS)
endef

$(B)/tcpwind: $(B)/daemon/main.o $(archives)
	$(call link,$(DAEMON_LIBS))

$(B)/tcpwindctl: $(B)/ctl/main.o $(B)/libtcpwindctl.a $(B)/libtcpwind.a
	$(call link,-lpcap)

$(B)/run-tests: $(test_objects) $(archives)
	$(call link,$(CHECK_LIBS) $(DAEMON_LIBS))

# The fuzz targets as ordinary programs that take files; `make fuzz` builds them for libFuzzer.
$(fuzz_files): $(B)/fuzz/%: $(B)/tests/fuzz/fuzz_%.o $(if $(findstring fuzzer,$(SAN)),,$(B)/tests/fuzz/replay.o) $(archives)
	$(call link,$(DAEMON_LIBS))

$(B)/fuzz/events $(B)/fuzz/flowtab: $(B)/tests/support/check_json.o

$(B)/stall: $(B)/tests/tools/stall.o
	$(call link)

# To be preloaded, for which it is built another way.
$(B)/settime.so: tests/tools/settime.c $(B)/flags
	$(if $(V),,@echo '  LINK  $@')
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(filter-out -fPIE,$(ALL_CFLAGS)) -fPIC -shared -o $@ $< -ldl

$(B)/compose: $(B)/tests/tools/compose.o $(B)/tests/support/build_packet.o
	$(call link)

$(B)/whence: $(B)/tests/tools/whence.o
	$(call link,-lpcap)

$(B)/generate: $(generate:%=$(B)/tests/bench/%.o)
	$(call link)

$(B)/bare: $(B)/tests/bench/bare.o
	$(call link,-lpcap)

# --- tests

# The same make with the same variables, each part with its own count.
again = make -s $(MAKEOVERRIDES)

check: $(B)/run-tests $(B)/stall $(B)/settime.so $(B)/generate all  ## install what is missing, build, run all tests (DEPS=no: no install)
	@tests/tally '$(again) check-layers' '$(again) check-headers' '$(again) check-unit' '$(again) check-golden' \
		'$(again) check-system' '$(again) check-fuzz SAN=address,undefined'

# With a sanitizer in one process, since to look for leaks at the end of each test takes far longer than the tests; they
# have no limits of time of their own then.
check-unit: $(B)/run-tests  ## the tests of the modules; CK_RUN_SUITE=NAME for one of them
	@$(if $(SAN),CK_FORK=no timeout 900 )$<

golden_programs = TCPWIND=$(CURDIR)/$(B)/tcpwind COMPOSE=$(CURDIR)/$(B)/compose WHENCE=$(CURDIR)/$(B)/whence
run_golden = $(golden_programs) tests/golden/run

check-golden: all $(golden:%=$(B)/%)  ## whole captures against what tests/golden expects; CASE=NAME for one
	@$(run_golden) $(CASE)

golden-update: all $(golden:%=$(B)/%)  ## expect what comes out now: read the difference, then commit it
	@$(run_golden) --update $(CASE)

check-fuzz: $(fuzz_files)  ## what fuzzing found before, once more
	@tests/tally $(foreach name,$(fuzz),'$(B)/fuzz/$(name) tests/fuzz/corpus/$(name)/*')

# Those that mostly wait for traffic, and those that compute: one of each at a time.
live_tests = $(patsubst %,tests/system/%.sh,$(filter-out $(SKIP),clock ctl evidence faults live reload rotate service stop))
other_tests = $(filter-out $(live_tests) $(SKIP:%=tests/system/%.sh),$(wildcard tests/system/*.sh))

check-system: all $(B)/stall $(B)/settime.so $(B)/generate $(golden:%=$(B)/%)  ## the program as a whole (but for SKIP='NAME...'); what needs root is skipped without
	@$(golden_programs) TCPWINDCTL=$(CURDIR)/$(B)/tcpwindctl STALL=$(CURDIR)/$(B)/stall \
		SETTIME_SO=$(CURDIR)/$(B)/settime.so GENERATE=$(CURDIR)/$(B)/generate \
		tests/tally -p 'tests/tally $(live_tests)' 'tests/tally $(other_tests)'

check-layers:  ## every module includes lower layers only, and each library of others has its one place
	@awk -f tests/layers.awk lib/LAYERS daemon/LIBRARIES ctl/LIBRARIES \
		$(filter lib/% daemon/% ctl/%,$(sources))

check-headers:  ## every header compiles alone
	@for header in $(headers); do \
		$(CC) $(ALL_CPPFLAGS) -std=gnu11 $(WARNINGS) -fsyntax-only -x c -include $$header /dev/null || exit; done

fuzz:  ## the fuzz targets for libFuzzer (needs clang), in build/clang-fuzzer-address-undefined/fuzz
	@$(MAKE) CC=clang SAN=fuzzer,address,undefined fuzz-programs

fuzz-programs: $(fuzz_files)

bench: all $(B)/generate $(B)/bare  ## measure the speed (BENCH=quick; BENCH_JSON=FILE)
	@BENCH='$(BENCH)' BENCH_JSON='$(BENCH_JSON)' tests/bench/run $(B)

check-count: all $(B)/generate  ## instructions per packet, against what tests/bench/instructions.json allows (a tenth more)
	@tests/bench/run $(B) count

demo: all $(B)/stall  ## record a transfer that stalls, and show what tcpwind makes of it
	@tests/demo $(B)

# --- care

deps:  ## install the packages that are needed, where they are missing
ifeq ($(DEPS),yes)
	@CC='$(firstword $(CC))' tests/deps $(or $(filter check demo bench,$(MAKECMDGOALS)),check demo bench)
endif

format:  ## lay out the sources as .clang-format says
	clang-format -i $(sources)

check-format:
	@clang-format --dry-run --Werror $(sources)

lint: check-format check-layers check-headers  ## all checks that only read
	shellcheck -S warning -x -P SCRIPTDIR $(scripts)

# Where each file goes, without $(DESTDIR); the units name the program by its path.
man_files := $(foreach page,$(man),man$(subst .,,$(suffix $(page)))/$(page))
unit_files := $(notdir $(wildcard systemd/*.service))
example_files := $(notdir $(wildcard systemd/examples/*))
installed = $(programs:%=$(BINDIR)/%) $(man_files:%=$(MANDIR)/%) $(unit_files:%=$(UNITDIR)/%) $(SYSUSERSDIR)/tcpwind.conf \
	$(example_files:%=$(EXAMPLESDIR)/%)
config_file = $(DESTDIR)$(SYSCONFDIR)/tcpwind.conf

install: all  ## install below $(DESTDIR)$(PREFIX); a configuration that is there is kept
	install -d $(sort $(dir $(installed:%=$(DESTDIR)%))) $(DESTDIR)$(SYSCONFDIR)/tcpwind
	install -m 0755 $(program_files) $(DESTDIR)$(BINDIR)
	for page in $(man_files); do install -m 0644 man/$${page#*/} $(DESTDIR)$(MANDIR)/$$page || exit; done
	for unit in $(unit_files); do \
		sed 's|/usr/bin/|$(BINDIR)/|' systemd/$$unit | install -m 0644 /dev/stdin $(DESTDIR)$(UNITDIR)/$$unit || exit; done
	install -m 0644 $(example_files:%=systemd/examples/%) $(DESTDIR)$(EXAMPLESDIR)
	install -m 0644 systemd/tcpwind.sysusers $(DESTDIR)$(SYSUSERSDIR)/tcpwind.conf
	@if cmp -s conf/tcpwind.conf $(config_file) || [ ! -e $(config_file) ]; then \
		install -m 0644 conf/tcpwind.conf $(config_file); \
	else \
		echo '$(config_file) is kept as it is; the new one is conf/tcpwind.conf'; \
	fi

uninstall:  ## remove what install has put there, but no configuration and no evidence
	rm -f $(installed:%=$(DESTDIR)%)

clean:  ## remove everything that was built
	rm -rf build

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo; echo 'CC= CFLAGS= SAN=address,undefined WERROR=1 V=1 DEPS=no PREFIX= DESTDIR= change how.'

.PHONY: all check check-unit check-fuzz check-system check-golden golden-update check-layers check-headers check-format \
	check-count fuzz fuzz-programs bench demo deps format lint install uninstall clean help FORCE
.DELETE_ON_ERROR:
-include $(objects:.o=.d)
