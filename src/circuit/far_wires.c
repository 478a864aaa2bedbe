#include "circuit/far_wires.h"

#include "base/assert.h"
#include "base/mem.h"

#define FIRST_BITS 6u

bool far_wires_init(far_wires *ret_far)
{
    *ret_far = (far_wires){.places = mem_new((size_t)1 << FIRST_BITS, sizeof *ret_far->places),
                           .bits = FIRST_BITS};
    return ret_far->places != NULL;
}

void far_wires_clear(far_wires *f)
{
    mem_free(f->places);
    *f = (far_wires){0};
}

/* Neighbours by number are neighbours here, for they are mostly read together, too. */
static uint32_t home_of(const far_wires *f, uint32_t number)
{
    const uint32_t mixed = (number >> 4) * UINT32_C(0x9e3779b1) >> (32 - f->bits);
    return (mixed ^ number) & (((uint32_t)1 << f->bits) - 1);
}

static uint32_t place_after(const far_wires *f, uint32_t place)
{
    return (place + 1) & (((uint32_t)1 << f->bits) - 1);
}

static void far_enter(far_wires *f, far_wire wire_at)
{
    uint32_t i = home_of(f, wire_at.number);
    while (f->places[i].number != 0)
        i = place_after(f, i);
    f->places[i] = wire_at;
    f->n_used++;
}

static bool far_grow(far_wires *f)
{
    const size_t n = (size_t)1 << f->bits;
    far_wires larger = {.bits = f->bits + 1};
    larger.places = mem_new(2 * n, sizeof *larger.places);
    if (larger.places == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (f->places[i].number != 0)
            far_enter(&larger, f->places[i]);
    }
    far_wires_clear(f);
    *f = larger;
    return true;
}

bool far_wires_put(far_wires *f, uint32_t number, pack_operand at)
{
    const size_t most = ((size_t)1 << f->bits) / 4 * 3;
    PT_ASSERT(number != 0);
    if (f->n_used >= most && !far_grow(f))
        return false;
    far_enter(f, (far_wire){number, at});
    return true;
}

/* Empties a place; what would no longer be found behind it moves up. */
static void far_drop(far_wires *f, uint32_t place)
{
    const uint32_t mask = ((uint32_t)1 << f->bits) - 1;
    for (uint32_t i = place_after(f, place); f->places[i].number != 0; i = place_after(f, i)) {
        const uint32_t home = home_of(f, f->places[i].number);
        if (((i - home) & mask) >= ((i - place) & mask)) {
            f->places[place] = f->places[i];
            place = i;
        }
    }
    f->places[place].number = 0;
    f->n_used--;
}

pack_operand far_wires_get(far_wires *f, uint32_t number, bool is_end)
{
    uint32_t i = home_of(f, number);
    PT_ASSERT(number != 0);
    while (f->places[i].number != number) {
        PT_ASSERT(f->places[i].number != 0);
        i = place_after(f, i);
    }
    const pack_operand at = f->places[i].at;
    if (is_end)
        far_drop(f, i);
    return at;
}
