# SPDX-License-Identifier: Apache-2.0
# Model servers for tests. Sourced from the root of the tree, not run:
#
#   servers_ready          installs the server and makes its models below
#                          $BUILD/servers, once; false with the reason in $why
#                          where this machine cannot
#   server_start NAME MODEL [OPTION]...
#                          starts one, waits until it is healthy, and sets
#                          url_NAME; MODEL is wired-20m or random-2m
#   llama_ready            makes the models; false with the reason in $why where
#                          LLAMA_SERVER names no llama-server of llama.cpp
#   llama_start NAME MODEL [OPTION]...
#                          as server_start, but llama.cpp's own server
#   server_served NAME ROUTE
#                          how often it answered since it was started
#   server_kill NAME       as if it had crashed
#   servers_stop           all that were started; belongs into an EXIT trap
#
# The caller sets $tmp, a folder for logs: $tmp/NAME.log.

servers_source=$(pwd)/tests/servers
servers_pids=

# ---- installing --------------------------------------------------------------

case ${BUILD:-build} in
/*) servers_home=$BUILD/servers ;;
*) servers_home=$(pwd)/${BUILD:-build}/servers ;;
esac

# Runs in $servers_home, locked. What is there stays while its sources do.
servers_install() {
    servers_digest=$(cat "$servers_source"/package*.json | sha256sum)
    if [ "$(cat installed 2>/dev/null)" != "$servers_digest" ]; then
        rm -rf installed node_modules
        cp "$servers_source"/package*.json .
        for server_wait in 2 10 0; do
            if timeout 200 npm ci --omit=optional --ignore-scripts \
                --no-audit --no-fund >npm.log 2>&1; then
                echo "$servers_digest" >installed
                break
            fi
            sleep $server_wait
        done
        [ -e installed ] || return 1
    fi
    cmp -s "$servers_source/llm_server.mjs" llm_server.mjs ||
        cp "$servers_source/llm_server.mjs" .
}

# The vocabulary is that of the demo and of our own templates, each text twice
# (make_wired.py says why).
servers_models() {
    (
        cd "$servers_source/../.."
        set -- $(find demo harness/llm/templates -type f ! -path '*/qrels*' \
            '(' -name '*.jsonl' -o -name '*.tsv' -o -name '*.yaml' ')' |
            LC_ALL=C sort)
        cat "$@" "$@"
    ) >vocabulary.txt
    servers_digest=$(cat "$servers_source"/*.py vocabulary.txt | sha256sum)
    [ "$(cat made 2>/dev/null)" != "$servers_digest" ] || return 0
    rm -f made
    python3 "$servers_source/make_wired.py" wired-20m.gguf vocabulary.txt &&
        python3 "$servers_source/make_random.py" random-2m.gguf \
            vocabulary.txt && echo "$servers_digest" >made
}

servers_ready() {
    for server_tool in node npm python3 flock; do
        command -v $server_tool >/dev/null 2>&1 || {
            why="$server_tool is not here"
            return 1
        }
    done
    [ "$(uname -sm)" = 'Linux x86_64' ] || {
        why="llama.cpp is taken ready-made for Linux x86-64 alone"
        return 1
    }
    node -e 'process.exit(+(parseInt(process.version.slice(1)) < 20))' || {
        why="node is $(node -v), node-llama-cpp needs 20"
        return 1
    }
    mkdir -p "$servers_home"
    (cd "$servers_home" && flock 9 && servers_install) \
        9>"$servers_home/lock" || {
        why="npm cannot install node-llama-cpp: $(grep -m 1 'npm error' \
            "$servers_home/npm.log" || tail -n 1 "$servers_home/npm.log")"
        return 1
    }
    # A model that cannot be made is a fault and no reason to skip.
    (cd "$servers_home" && flock 9 && servers_models) \
        9>"$servers_home/lock" || exit 1
}

llama_ready() {
    [ -n "${LLAMA_SERVER-}" ] || {
        why="LLAMA_SERVER names no llama-server of llama.cpp"
        return 1
    }
    llama_build=$("$LLAMA_SERVER" --version 2>&1 |
        sed -n 's/.*version:.*[( ]\([0-9][0-9]*\)[ ,]*[(c].*/b\1/p')
    [ -n "$llama_build" ] || {
        echo "LLAMA_SERVER=$LLAMA_SERVER tells no version"
        exit 1
    }
    for server_tool in python3 flock; do
        command -v $server_tool >/dev/null 2>&1 || {
            why="$server_tool is not here"
            return 1
        }
    done
    mkdir -p "$servers_home"
    (cd "$servers_home" && flock 9 && servers_models) \
        9>"$servers_home/lock" || exit 1
}

# ---- running -----------------------------------------------------------------

# server_launch NAME COMMAND...
server_launch() {
    server_name=$1
    server_log=$tmp/$1.log
    shift
    : >"$server_log"
    "$@" >"$server_log" 2>&1 &
    server_pid=$!
    servers_pids="$servers_pids $server_pid"
    for server_try in $(seq 300); do
        server_url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' \
            "$server_log")
        [ -z "$server_url" ] || break
        kill -0 $server_pid 2>/dev/null || break
        sleep 0.1
    done
    eval "pid_$server_name=$server_pid url_$server_name=\$server_url"
    [ -n "$server_url" ] && python3 - "$server_url/health" <<'END' || {
import json, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=30) as reply:
    sys.exit(json.load(reply)["status"] != "ok")
END
        sed 's/^/# /' "$server_log"
        echo "server $server_name does not come up"
        exit 1
    }
}

server_start() {
    server_name=$1 server_model=$servers_home/$2.gguf
    shift 2
    server_launch $server_name node "$servers_home/llm_server.mjs" \
        "$server_model" "$@"
}

llama_start() {
    server_name=$1 server_model=$servers_home/$2.gguf
    shift 2
    server_launch $server_name "$LLAMA_SERVER" -m "$server_model" --port 0 \
        --threads 1 --threads-batch 1 --parallel 1 "$@"
}

server_served() {
    grep -c "^$2 200" "$tmp/$1.log" || :
}

server_kill() {
    eval "server_pid=\$pid_$1"
    kill -9 "$server_pid" 2>/dev/null || :
    wait "$server_pid" 2>/dev/null || :
}

servers_stop() {
    for server_pid in $servers_pids; do
        kill "$server_pid" 2>/dev/null || :
        wait "$server_pid" 2>/dev/null || :
    done
    servers_pids=
}
