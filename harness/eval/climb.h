/* SPDX-License-Identifier: Apache-2.0 */
/* Which load a sweep tries next. First the rungs of a ladder, from below. With
 * a limit to hold, it ends at the first rung that does not hold, and halves
 * the way between that one and the last that did, until the two are as close
 * as asked for: the result is a load that was measured and held, below one
 * that was measured and did not. No clock and no randomness: the same answers
 * give the same loads, so that a sweep that was cut off goes on.
 *
 * One answer decides: where holding is a matter of luck near the limit, so is
 * the result there, but never beyond a load that failed. */
#ifndef RKB_HARNESS_EVAL_CLIMB_H
#define RKB_HARNESS_EVAL_CLIMB_H

#include "base/err.h"
#include "harness/eval/scenario.h"

#define RKB_RUNGS 64 /* most of a ladder */

struct rkb_ladder {
    enum rkb_scenario_kind kind; /* closed or open */
    double loads[RKB_RUNGS];     /* [n] ascending  */
    size_t n;
};
/* "closed:1,2,4,8", "open:0.5,1,2"; RKB_E_USAGE. */
enum rkb_status rkb_ladder_parse(rkb_sv text, struct rkb_ladder *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;
struct rkb_scenario rkb_ladder_scenario(const struct rkb_ladder *l,
                                        double load);

struct rkb_climb {
    const struct rkb_ladder *ladder;
    bool limited;        /* there is something to hold                       */
    double precision;    /* of rates: 0.05 ends within 5 %; of numbers at once:
                         the same, or at neighbours                       */
    size_t rung;         /* of the ladder, next                              */
    double held, failed; /* highest that held below the lowest that did not;
                            0: none yet                                   */
};
void rkb_climb_start(struct rkb_climb *c, const struct rkb_ladder *ladder,
                     bool limited, double precision);
/* False: it is over. Otherwise rkb_climb_tell with what became of it. */
bool rkb_climb_next(struct rkb_climb *c, double *load);
void rkb_climb_tell(struct rkb_climb *c, double load, bool holds);

#endif
