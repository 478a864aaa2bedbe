/* What is wrong, in the words of a node's configuration. Layer: node. */
#ifndef NODE_RUN_CONFIG_WORDS_H
#define NODE_RUN_CONFIG_WORDS_H

#include <stddef.h>

/* Messages of the layers below name flags of the command, such as --scale, and its roster: puts the
 * words in their places that an operator finds in his file. What does not fit is cut off. */
void config_words(char *text, size_t size);

#endif
