# SPDX-License-Identifier: Apache-2.0
# One non-recursive makefile. `make help` lists the targets.
#
#   BUILD=dir      where everything generated goes (default: build)
#   VARIANT=name   release | debug | asan | tsan | cover | fuzz | static
#   CC=clang       the compiler (default: gcc)
#   CFLAGS LDFLAGS yours: they come last and are never edited
#   V=1            show the commands
#   WERROR=1       warnings are errors, as in CI
#   STRICT=1       a skipped test is a failed test, as in CI

VERSION := 0.1.0
BUILD ?= build
VARIANT ?= release
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 10
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format
FUZZ_CC ?= clang
CFLAGS ?=
LDFLAGS ?=
O := $(BUILD)/$(VARIANT)

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: FORCE
FORCE:

ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(VARIANT)),$(FUZZ_CC),gcc)
endif

# ---- flags ---------------------------------------------------------------

FLAGS_release := -O2 -g
FLAGS_debug := -O0 -g3
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
FLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_cover := -O0 -g --coverage
FLAGS_fuzz := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FLAGS_static := -O2 -g -static -DRKB_CORE_ONLY
ifeq ($(FLAGS_$(VARIANT)),)
$(error VARIANT=$(VARIANT) is none of release debug asan tsan cover fuzz static)
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
	-Wcast-qual -Werror=implicit-function-declaration $(if $(filter 1,$(WERROR)),-Werror)
PKGS := sqlite3 libarchive zlib yaml-0.1 libcrypto snappy libcurl libpcre2-8
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
# What the evaluation core pulls out of the .a files. pkg-config --static names
# more (libxml2, and ICU behind it) than libarchive's zip and zstd need.
STATIC_LIBS := archive nettle lzma zstd lz4 bz2 z sqlite3 yaml crypto snappy \
	pcre2-8 stdc++

# -ffp-contract=off: no fused multiply-add, so that a measure has the same
# last digit on every machine.
RKB_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -ffp-contract=off -pthread \
	$(WARNINGS) $(FLAGS_$(VARIANT)) $(PKG_CFLAGS)
RKB_LIBS := $(if $(filter static,$(VARIANT)),$(STATIC_LIBS:%=-l%),$(PKG_LIBS)) \
	-lm -pthread
# An oracle of single tests; the scripted server speaks TLS.
TEST_LIBS := -lstemmer -lssl

COMPILE = $(CC) $(RKB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK = $(CC) $(FLAGS_$(VARIANT)) $(CFLAGS)
run = $(if $(filter 1,$(V)),,@printf "%-5s %s\n" "$(1)" "$(2)";)

# ---- what there is -------------------------------------------------------

DIRS := base base/io metrics datasets runs reports harness \
	$(patsubst %/,%,$(wildcard harness/*/))
# The static program has no door to libcurl; every other has no wall there.
NOT_HERE := base/io/$(if $(filter static,$(VARIANT)),http,http_absent).c
SRCS := $(sort $(filter-out harness/main.c $(NOT_HERE),\
	$(foreach d,$(DIRS),$(wildcard $(d)/*.c))))
# Data files that travel inside the program; see base/embed.h.
EMBED := $(sort $(wildcard runs/*.sql harness/*/templates/* \
	reports/assets/* reports/published/*))
EMBED_SRCS := $(EMBED:%=$(O)/embed/%.c) $(O)/embed/embed_table.c \
	$(O)/embed/version.c
OBJS := $(SRCS:%.c=$(O)/%.o) $(EMBED_SRCS:%.c=%.o)
MAIN := $(wildcard harness/main.c)
LIB := $(O)/librerankbench.a
PROGRAM := $(if $(MAIN),$(if $(filter release,$(VARIANT)),\
	rerankbench,$(O)/rerankbench))
PROGRAM := $(strip $(PROGRAM))

bins = $(patsubst %.c,$(O)/%,$(sort $(wildcard $(1))))
UNIT := $(call bins,tests/unit/test_*.c)
FAULT := $(call bins,tests/fault/fault_*.c)
FUZZ := $(call bins,tests/fuzz/fuzz_*.c)
TOOLS := $(call bins,tests/*.c) $(call bins,examples/process/*.c)
BENCH := $(call bins,bench/bench_*.c)
MOCK_OBJS := $(call bins,tests/mock/*.c)
MOCK_OBJS := $(MOCK_OBJS:%=%.o)
MOCK := $(O)/tests/mock.a

# ---- build ---------------------------------------------------------------

.PHONY: all
all: $(PROGRAM) $(LIB) ## build the program (the default); installs nothing
	@:

# What is missing is said once, with its package, before a compiler runs.
.PHONY: needs
needs:
	@miss=; \
	command -v $(firstword $(CC)) >/dev/null 2>&1 || miss="$$miss $(CC)"; \
	if ! command -v $(PKG_CONFIG) >/dev/null 2>&1; then \
	    miss="$$miss $(PKG_CONFIG)"; \
	elif ! $(PKG_CONFIG) --exists $(PKGS); then \
	    for p in $(PKGS); do \
	        $(PKG_CONFIG) --exists $$p || miss="$$miss $$p"; \
	    done; \
	fi; \
	if [ -n "$$miss" ]; then \
	    echo "rerankbench cannot be built, this is missing:$$miss" >&2; \
	    echo "on Debian 12 run: $$(sh .ci/deps --hint)" >&2; \
	    exit 1; \
	fi

# Written only when its text changes, so that what depends on it is rebuilt
# when a flag, the compiler or the list of files is another one.
define stamp
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(1))' > $@
endef

$(O)/flags.stamp: FORCE
	$(call stamp,$(COMPILE) $(RKB_LIBS) $(LDFLAGS))

$(O)/objects.stamp: FORCE
	$(call stamp,$(OBJS))

$(O)/embed.stamp: FORCE
	$(call stamp,$(EMBED))

$(O)/version.stamp: FORCE
	$(call stamp,$(VERSION) $(shell if [ -e .git ]; then \
		git describe --always --dirty --abbrev=12 --exclude='*' \
		2>/dev/null; else cat .commit 2>/dev/null; fi || echo unknown))

$(O)/%.o: %.c $(O)/flags.stamp | needs
	@mkdir -p $(@D)
	$(call run,CC,$@)$(COMPILE) -c -o $@ $<

$(O)/embed/%.o: $(O)/embed/%.c $(O)/flags.stamp | needs
	$(call run,CC,$@)$(COMPILE) -c -o $@ $<

$(O)/embed/%.c: % base/embed.sh
	@mkdir -p $(@D)
	$(call run,EMBED,$@)sh base/embed.sh file $< > $@

$(O)/embed/embed_table.c: $(EMBED) $(O)/embed.stamp base/embed.sh
	@mkdir -p $(@D)
	$(call run,EMBED,$@)sh base/embed.sh table $(EMBED) > $@

$(O)/embed/version.c: $(O)/version.stamp base/embed.sh
	@mkdir -p $(@D)
	$(call run,EMBED,$@)sh base/embed.sh version `cat $<` > $@

$(LIB): $(OBJS) $(O)/objects.stamp
	@rm -f $@
	$(call run,AR,$@)ar rcs $@ $(OBJS)

ifneq ($(MAIN),)
$(PROGRAM): $(O)/harness/main.o $(LIB)
	$(call run,LD,$@)$(LINK) -o $@ $^ $(RKB_LIBS) $(LDFLAGS)
endif

$(MOCK): $(MOCK_OBJS)
	@rm -f $@
	$(call run,AR,$@)ar rcs $@ $^

$(UNIT) $(FAULT) $(TOOLS) $(BENCH): %: %.o $(MOCK) $(LIB)
	$(call run,LD,$@)$(LINK) -o $@ $^ $(RKB_LIBS) $(TEST_LIBS) $(LDFLAGS)

# Under clang's fuzz variant libFuzzer brings main; elsewhere replay.c does.
ifeq ($(VARIANT),fuzz)
$(FUZZ): %: %.o $(LIB)
	$(call run,LD,$@)$(LINK) -fsanitize=fuzzer -o $@ $^ $(RKB_LIBS) $(LDFLAGS)
else
$(FUZZ): %: %.o $(O)/tests/fuzz/replay.o $(LIB)
	$(call run,LD,$@)$(LINK) -o $@ $^ $(RKB_LIBS) $(LDFLAGS)
endif

.SECONDARY: $(EMBED_SRCS)

-include $(OBJS:.o=.d) $(O)/harness/main.d
-include $(MOCK_OBJS:.o=.d)
-include $(addsuffix .d,$(UNIT) $(FAULT) $(FUZZ) $(TOOLS) $(BENCH))

# ---- tests ---------------------------------------------------------------

# A plain `make check` builds with all cores; with -j the caller decides.
SUBMAKE = +@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,\
	-j$(JOBS))
RUN_TESTS = +BUILD='$(BUILD)' JOBS='$(JOBS)' FUZZ_SECONDS='$(FUZZ_SECONDS)' \
	STRICT='$(STRICT)' CC='$(CC)' sh tests/run.sh
TEST_BINS := $(UNIT) $(FAULT) $(TOOLS) $(if $(filter fuzz,$(VARIANT)),,$(FUZZ))

.PHONY: tests
tests: $(PROGRAM) $(TEST_BINS)
	@:

.PHONY: demo check check-all san tsan fault fuzz cover lint
demo: ## a tour of the program on tiny data, in under two minutes
	@sh .ci/deps
	$(SUBMAKE) all
	@RERANKBENCH='$(CURDIR)/rerankbench' ./demo/run.sh

check: ## the tests that belong to every change; under a minute
	@sh .ci/deps
	$(SUBMAKE) VARIANT=release all tests
	@$(RUN_TESTS) release unit cli replay lint

check-all: ## check, san, tsan, fault, fuzz and the long suites
	@sh .ci/deps --all
	+@MAKE='$(MAKE)' BUILD='$(BUILD)' sh tests/all.sh

san: ## the tests under the address and undefined-behaviour sanitizers
	$(SUBMAKE) VARIANT=asan tests
	@$(RUN_TESTS) asan unit cli replay

tsan: ## the tests under the thread sanitizer
	$(SUBMAKE) VARIANT=tsan tests
	@$(RUN_TESTS) tsan unit cli

fault: ## fail or die at the Nth allocation, write and request
	$(SUBMAKE) VARIANT=asan tests
	@$(RUN_TESTS) asan fault

.PHONY: long
long: ## the slow suites: tests/long/*.sh and the self-tests
	$(SUBMAKE) VARIANT=release all tests
	@$(RUN_TESTS) release selftest long

fuzz: ## libFuzzer for FUZZ_SECONDS a target; needs clang
	@mkdir -p $(BUILD)/fuzz
	@if echo 'int LLVMFuzzerTestOneInput(void){return 0;}' | \
	    $(FUZZ_CC) -x c - -fsanitize=fuzzer -o $(BUILD)/fuzz/probe \
	    2>/dev/null; then \
	    $(MAKE) --no-print-directory -j$(JOBS) VARIANT=fuzz CC='$(FUZZ_CC)' \
	        fuzz-targets && $(subst +BUILD,BUILD,$(RUN_TESTS)) fuzz fuzz; \
	else \
	    echo "SKIP make fuzz: $(FUZZ_CC) cannot link -fsanitize=fuzzer;" \
	        "install clang and libclang-rt-14-dev" >&2; \
	    if [ "$(STRICT)" = 1 ]; then exit 1; fi; \
	    if [ -n "$$TALLY" ]; then echo 0 0 1 >> "$$TALLY"; fi; \
	fi

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ)
	@:

cover: ## line coverage of the tests, worst file first
	@find $(BUILD)/cover -name '*.gcda' -exec rm -f {} + 2>/dev/null || :
	$(SUBMAKE) VARIANT=cover tests
	@$(subst +BUILD,BUILD,$(RUN_TESTS)) cover unit cli replay fault; rc=$$?; \
	BUILD='$(BUILD)' sh tests/cover.sh; exit $$rc

lint: ## the rules a script can check: arrows, lengths, ban list, symbols
	$(SUBMAKE) VARIANT=release all
	@$(RUN_TESTS) release lint

# ---- the static program ---------------------------------------------------

.PHONY: static static-needs
static: static-needs ## eval, export and lint as one static file, build/static/rerankbench
	$(SUBMAKE) VARIANT=static all
	@echo "$(BUILD)/static/rerankbench is static; it has" \
	    `$(BUILD)/static/rerankbench --help | sed -n 's/^  \([a-z]*\) .*/\1/p'`

static-needs:
	@miss=; for l in c m $(STATIC_LIBS); do \
	    case `$(CC) -print-file-name=lib$$l.a` in \
	    */*) ;; *) miss="$$miss lib$$l.a" ;; esac; \
	done; \
	if [ -n "$$miss" ]; then \
	    echo "no static program without$$miss; on Debian 12 they are in the" \
	        "packages that '.ci/deps --all' installs" >&2; exit 1; \
	fi

# ---- the rest ------------------------------------------------------------

.PHONY: format golden bench install uninstall dist clean help
format: ## rewrite the C files with clang-format, or just FILES="a.c b.h"
	@if [ -n "$(FILES)" ]; then \
	    $(CLANG_FORMAT) -i $(FILES); \
	else \
	    find $(wildcard base metrics datasets runs reports harness tests \
	        bench) -name "*.[ch]" -exec $(CLANG_FORMAT) -i {} +; \
	fi

golden: ## rewrite the expected outputs of tests/cli; review the diff
	$(SUBMAKE) VARIANT=release all tests
	@GOLDEN=1 $(subst +BUILD,BUILD,$(RUN_TESTS)) release cli

bench: ## time rerankbench itself
	$(SUBMAKE) VARIANT=release all bench-bins
	@if [ -x bench/run.sh ]; then \
	    RERANKBENCH='$(CURDIR)/rerankbench' BENCH='$(abspath \
	        $(BUILD)/release/bench)' ./bench/run.sh; \
	else \
	    for b in $(BENCH:$(O)/%=$(BUILD)/release/%); do \
	        echo "== $$b"; $$b || exit 1; \
	    done; \
	fi

.PHONY: bench-bins
bench-bins: $(BENCH)
	@:

# Pages and scripts come from the program itself, which has the option rows.
PAGES := rerankbench.1 $(shell sed -n \
	's/^RKB_.*COMMAND(\(.*\))/rerankbench-\1.1/p' harness/cli/commands.def)
SHARE := $(PAGES:%=share/man/man1/%) \
	share/bash-completion/completions/rerankbench \
	share/zsh/site-functions/_rerankbench
# help_to OPTIONS: what `rerankbench help OPTIONS` prints, into the target
define help_to
@mkdir -p $(@D)
$(call run,HELP,$@)$(abspath $(PROGRAM)) help $(1) > $@
endef

$(O)/share/man/man1/rerankbench.1: $(PROGRAM)
	$(call help_to,--man)

$(O)/share/man/man1/rerankbench-%.1: $(PROGRAM)
	$(call help_to,--man $*)

$(O)/share/bash-completion/completions/rerankbench: $(PROGRAM)
	$(call help_to,--completion=bash)

$(O)/share/zsh/site-functions/_rerankbench: $(PROGRAM)
	$(call help_to,--completion=zsh)

install: all $(SHARE:%=$(O)/%) ## program, man pages, completion, under $(DESTDIR)$(PREFIX)
	@for f in bin $(sort $(dir $(SHARE))); do \
	    install -d "$(DESTDIR)$(PREFIX)/$$f" || exit 1; \
	done
	install -m 755 $(PROGRAM) '$(DESTDIR)$(PREFIX)/bin/rerankbench'
	@for f in $(SHARE); do \
	    echo "install -m 644 $(O)/$$f '$(DESTDIR)$(PREFIX)/$$f'"; \
	    install -m 644 "$(O)/$$f" "$(DESTDIR)$(PREFIX)/$$f" || exit 1; \
	done

uninstall: ## remove what install put under $(DESTDIR)$(PREFIX)
	@for f in bin/rerankbench $(SHARE); do \
	    echo "rm -f '$(DESTDIR)$(PREFIX)/$$f'"; \
	    rm -f "$(DESTDIR)$(PREFIX)/$$f" || exit 1; \
	done

DIST := rerankbench-$(VERSION)
dist: ## a source archive of the last commit, in $(BUILD)
	@mkdir -p $(BUILD)
	@git rev-parse --short=12 HEAD > $(BUILD)/.commit
	git archive --format=tar --prefix=$(DIST)/ --add-file=$(BUILD)/.commit \
		HEAD | gzip -9n > $(BUILD)/$(DIST).tar.gz

clean: ## remove everything that was built
	rm -rf $(BUILD) rerankbench

help: ## list the targets
	@awk 'match($$0, /^[a-z-]+:.*## /) { t = $$0; sub(/:.*/, "", t); \
	    h = $$0; sub(/.*## /, "", h); printf "%-10s %s\n", t, h }' Makefile
