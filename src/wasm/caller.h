/* HTTP calls that the host performs. Layer: wasm. */
#ifndef WASM_CALLER_H
#define WASM_CALLER_H

#include "channel/http/call.h"

extern const http_caller caller_host;

#endif
