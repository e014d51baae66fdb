# SPDX-License-Identifier: Apache-2.0
# One non-recursive makefile. `make help` lists the targets.
#
#   BUILD=dir      where everything generated goes (default: build)
#   VARIANT=name   release | debug | asan | tsan | cover | fuzz
#   CC=clang       the compiler (default: gcc)
#   CFLAGS LDFLAGS yours: they come last and are never edited
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
.SECONDARY:
.SUFFIXES:
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
ifeq ($(FLAGS_$(VARIANT)),)
$(error VARIANT=$(VARIANT) is none of release debug asan tsan cover fuzz)
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
	-Wcast-qual $(if $(filter 1,$(WERROR)),-Werror)
PKGS := sqlite3 libcjson libarchive zlib yaml-0.1 libcrypto
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

# -ffp-contract=off: no fused multiply-add, so that a measure has the same
# last digit on every machine.
RKB_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -ffp-contract=off -pthread \
	$(WARNINGS) $(FLAGS_$(VARIANT)) $(PKG_CFLAGS)
RKB_LIBS := $(PKG_LIBS) -lstemmer -lm -pthread

COMPILE = $(CC) $(RKB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK = $(CC) $(FLAGS_$(VARIANT)) $(CFLAGS)

# ---- what there is -------------------------------------------------------

DIRS := base base/io metrics datasets runs reports harness \
	$(patsubst %/,%,$(wildcard harness/*/))
SRCS := $(sort $(filter-out harness/main.c,\
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
TOOLS := $(call bins,tests/*.c)
BENCH := $(call bins,bench/bench_*.c)

# ---- build ---------------------------------------------------------------

.PHONY: all
all: $(PROGRAM) $(LIB) ## build the program (the default); installs nothing

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
	if command -v $(firstword $(CC)) >/dev/null 2>&1; then \
	    echo '#include <libstemmer.h>' | \
	        $(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 || \
	        miss="$$miss libstemmer"; \
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
	$(COMPILE) -c -o $@ $<

$(O)/embed/%.o: $(O)/embed/%.c $(O)/flags.stamp | needs
	$(COMPILE) -c -o $@ $<

$(O)/embed/%.c: % base/embed.sh
	@mkdir -p $(@D)
	sh base/embed.sh file $< > $@

$(O)/embed/embed_table.c: $(EMBED) $(O)/embed.stamp base/embed.sh
	@mkdir -p $(@D)
	sh base/embed.sh table $(EMBED) > $@

$(O)/embed/version.c: $(O)/version.stamp base/embed.sh
	@mkdir -p $(@D)
	sh base/embed.sh version `cat $<` > $@

$(LIB): $(OBJS) $(O)/objects.stamp
	@rm -f $@
	ar rcs $@ $(OBJS)

ifneq ($(MAIN),)
$(PROGRAM): $(O)/harness/main.o $(LIB)
	$(LINK) -o $@ $^ $(RKB_LIBS) $(LDFLAGS)
endif

$(UNIT) $(FAULT) $(TOOLS) $(BENCH): %: %.o $(LIB)
	$(LINK) -o $@ $^ $(RKB_LIBS) $(LDFLAGS)

# Under clang's fuzz variant libFuzzer brings main; elsewhere replay.c does.
ifeq ($(VARIANT),fuzz)
$(FUZZ): %: %.o $(LIB)
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(RKB_LIBS) $(LDFLAGS)
else
$(FUZZ): %: %.o $(O)/tests/fuzz/replay.o $(LIB)
	$(LINK) -o $@ $^ $(RKB_LIBS) $(LDFLAGS)
endif

-include $(OBJS:.o=.d) $(O)/harness/main.d
-include $(addsuffix .d,$(UNIT) $(FAULT) $(FUZZ) $(TOOLS) $(BENCH))

# ---- other targets -------------------------------------------------------

.PHONY: clean help
clean: ## remove everything that was built
	rm -rf $(BUILD) rerankbench

help: ## list the targets
	@awk 'match($$0, /^[a-z-]+:.*## /) { t = $$0; sub(/:.*/, "", t); \
	    h = $$0; sub(/.*## /, "", h); printf "%-10s %s\n", t, h }' Makefile
