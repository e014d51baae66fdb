#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at 50 random moments of writing: the store stays whole and keeps what
# was said to be safe.
set -eu
"$BIN/store_kill" 50 1
