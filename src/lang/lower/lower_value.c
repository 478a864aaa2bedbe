/* Wires of values: storage in sizes of powers of two, reused through free lists, shared by count of
 * holders and copied before it is written (lower_impl.h). */
#include <string.h>

#include "base/assert.h"
#include "lang/lower/lower_impl.h"

static uint32_t size_class_of(size_t n)
{
    uint32_t size_class = 1;
    while (((size_t)1 << size_class) < n)
        size_class++;
    return size_class;
}

bool value_new(lowerer *l, value *ret_value, size_t n)
{
    const bool is_too_large = n > l->max_value_wires;
    const uint32_t size_class = is_too_large ? VALUE_CLASSES : size_class_of(n);
    if (size_class >= VALUE_CLASSES)
        return lower_past_limit(l, DIAG_NO_PLACE, "a value is larger than a limit allows");
    storage *s = l->pool.free[size_class];
    if (s != NULL) {
        l->pool.free[size_class] = s->next_free;
    } else {
        const size_t bytes = sizeof *s + ((size_t)sizeof(wire) << size_class);
        s = arena_new(&l->pool.memory, 1, bytes);
        if (s == NULL)
            return lower_out_of_values(l, bytes);
        s->size_class = size_class;
    }
    s->n_holders = 1;
    *ret_value = (value){.storage = s, .wires = s->wires, .n = n};
    return true;
}

bool value_const(lowerer *l, value *ret_value, size_t n, uint64_t bits)
{
    if (!value_new(l, ret_value, n))
        return false;
    for (size_t i = n; i-- > 0; bits >>= 1)
        ret_value->wires[i] = wire_const((bits & 1) != 0);
    return true;
}

bool value_wire(lowerer *l, value *ret_value, wire w)
{
    if (!value_new(l, ret_value, 1))
        return false;
    ret_value->wires[0] = w;
    return true;
}

value value_hold(const value *v)
{
    PT_ASSERT(v->storage->n_holders > 0);
    v->storage->n_holders++;
    return *v;
}

void value_release(lowerer *l, value *v)
{
    storage *s = v->storage;
    PT_ASSERT(s == NULL || s->n_holders > 0);
    if (s != NULL && --s->n_holders == 0) {
        s->next_free = l->pool.free[s->size_class];
        l->pool.free[s->size_class] = s;
    }
    *v = (value){0};
}

void value_narrow(value *v, size_t offset, size_t n)
{
    PT_ASSERT(offset <= v->n && n <= v->n - offset);
    v->wires += offset;
    v->n = n;
}

bool value_own(lowerer *l, value *v)
{
    if (v->storage->n_holders == 1)
        return true;
    value copy;
    l->n_steps += v->n / 64;
    if (!value_new(l, &copy, v->n))
        return false;
    memcpy(copy.wires, v->wires, v->n * sizeof *copy.wires);
    value_release(l, v);
    *v = copy;
    return true;
}

bool value_is_const(const value *v, uint64_t *ret_bits)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (!wire_is_const(v->wires[i]))
            return false;
        bits = bits << 1 | v->wires[i];
    }
    *ret_bits = bits;
    return true;
}

bool value_mux(lowerer *l, value *ret_value, wire s, value *t, value *f)
{
    PT_ASSERT(t->n == f->n);
    l->n_steps += t->n / 64;
    if (t->wires != f->wires) {
        if (!value_own(l, t))
            return false;
        for (size_t i = 0; i < t->n; i++)
            t->wires[i] = circuit_mux(l->builder, s, t->wires[i], f->wires[i]);
    }
    const value selected = *t; /* ret_value may be f */
    value_release(l, f);
    *ret_value = selected;
    return true;
}
