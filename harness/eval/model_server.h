/* SPDX-License-Identifier: Apache-2.0 */
/* A model server of our own: started for a run on a free port of this machine,
 * waited for until it is healthy, ended with us however we end. What it prints
 * goes to a log. */
#ifndef RKB_HARNESS_EVAL_MODEL_SERVER_H
#define RKB_HARNESS_EVAL_MODEL_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/stop.h"

struct rkb_model_server;

struct rkb_model_server_want {
    const char *command;   /* words (base/io/proc.h) with {port} in them  */
    const char *health;    /* path that answers 200 once it is ready     */
    const char *log;       /* file that its output is added to           */
    int64_t wait_ns;       /* until it is ready                          */
    struct rkb_stop *stop; /* a stop is asked for when it ends too early */
};

/* Returns when it is healthy. RKB_E_USAGE for the command. RKB_E_IO when it
 * ends before, or takes too long, with the log's name and last line. A port
 * that somebody else took in the meantime is tried again, another one, twice.
 * RKB_E_STOPPED. */
enum rkb_status rkb_model_server_open(struct rkb_model_server **out,
                                      const struct rkb_model_server_want *want,
                                      struct rkb_err *err) RKB_MUST_CHECK;
/* "http://127.0.0.1:PORT" */
const char *rkb_model_server_url(const struct rkb_model_server *s);
/* RKB_E_IO when it has ended by itself: then all queries since are in vain. */
enum rkb_status rkb_model_server_check(struct rkb_model_server *s,
                                       struct rkb_err *err) RKB_MUST_CHECK;
/* SIGTERM, ten seconds, SIGKILL, to it and all it started. NULL is fine. */
void rkb_model_server_close(struct rkb_model_server *s);

/* The text with every {url} replaced; itself where there is none. */
const char *rkb_model_server_fill(struct rkb_arena *a, const char *text,
                                  const char *url);

#endif
