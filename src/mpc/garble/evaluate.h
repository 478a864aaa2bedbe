/* Evaluation by P_1 (protocol spec, sections 5.1 and 5.3). Layer: mpc. */
#ifndef MPC_GARBLE_EVALUATE_H
#define MPC_GARBLE_EVALUATE_H

#include "mpc/run.h"

/* Receives the garbled gates of a segment from all garblers, frame by frame, and evaluates them on
 * the fly. Carries r->labels and r->masked to the segment's end, fills
 * g->masked, and leaves of the gates what kept.h says. Wrong rows are not
 * noticed here: authentication finds them. */
MUST_CHECK pt_status evaluate_segment(mpc_run *r, segment *g, pt_error *error);

#endif
