/* Results on their way to where policies want them: each is posted until it is taken, for ten
 * minutes, by a thread of its own. Layer: node. */
#ifndef NODE_DELIVERY_H
#define NODE_DELIVERY_H

#include "node/service.h"

#define DELIVERIES_MAX 8 /* at a time */

/* Begins what is due. */
void delivery_begin_due(node *n);
/* Joins those that have ended; with `all`, also those that have not, which ends soon. */
void delivery_reap(node *n, bool all);

#endif
