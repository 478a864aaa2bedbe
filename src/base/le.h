/* Little-endian loads and stores, the byte order of every file and message of ours. Layer: base.
 *
 *      le_put_u32(at, v);     4 bytes from `at` on
 *      v = le_get_u32(at);
 */
#ifndef BASE_LE_H
#define BASE_LE_H

#include <stdint.h>

static inline void le_put_u16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
}

static inline void le_put_u32(uint8_t *at, uint32_t v)
{
    le_put_u16(at, (uint16_t)v);
    le_put_u16(at + 2, (uint16_t)(v >> 16));
}

static inline void le_put_u64(uint8_t *at, uint64_t v)
{
    le_put_u32(at, (uint32_t)v);
    le_put_u32(at + 4, (uint32_t)(v >> 32));
}

static inline uint16_t le_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (unsigned)at[1] << 8);
}

static inline uint32_t le_get_u32(const uint8_t *at)
{
    return le_get_u16(at) | (uint32_t)le_get_u16(at + 2) << 16;
}

static inline uint64_t le_get_u64(const uint8_t *at)
{
    return le_get_u32(at) | (uint64_t)le_get_u32(at + 4) << 32;
}

#endif
