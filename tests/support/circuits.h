/* Circuits that tests of several layers want, built by the project itself.
 *
 * Bits are ordered as in the published Bristol Fashion circuits: wire i of a value is bit i,
 * counted from the least significant, of the number one writes in hexadecimal. Everything returned
 * is the caller's; NULL means no memory. */
#ifndef TESTS_SUPPORT_CIRCUITS_H
#define TESTS_SUPPORT_CIRCUITS_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/circuit.h"

/* AES-128 (FIPS 197). Inputs: key, block, 128 bits each. Output: block. About 7,400 ANDs. */
pt_circuit *circuits_aes128(void);

/* The compression function of SHA-256 (FIPS 180-4). Inputs: message block, 512 bits, and state,
 * 256. Output: state. About 22,700 ANDs. */
pt_circuit *circuits_sha256(void);

/* A random circuit: n_gates gates, half of them AND, on the inputs of n_parties parties with
 * n_input_bits each, and n_outputs outputs among the last wires. */
pt_circuit *circuits_random(size_t n_parties, uint32_t n_input_bits, uint32_t n_gates,
                            uint32_t n_outputs, uint64_t seed);

/* Bits (one byte each) of a value written in hexadecimal, 4 * strlen(hex) of them; and back, with
 * terminator. */
void circuits_bits_of_hex(uint8_t *ret_bits, const char *hex);
void circuits_hex_of_bits(char *ret_hex, const uint8_t *bits, size_t n_bits);

#endif
