/* Variables, and what branches do to them.
 *
 * A branch works on the variables themselves. Before it changes a part of one that was bound
 * outside, the part's wires go into the branch's journal. At its end the branch is undone: journal
 * and variable exchange wires, last change first, so that the journal then has what the branch
 * made. Merging puts both branches in force in turn, notes what the parts touched by either hold,
 * and selects. So the cost of a branch is in proportion to what it changes, not to what it sees. */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "lang/lower/lower_impl.h"

variable *variable_at(lowerer *l, uint32_t local)
{
    return &l->variables[l->frame + local];
}

static uint32_t current_id(const lowerer *l)
{
    return l->journal == NULL ? 0 : l->journal->id;
}

void variable_bind(lowerer *l, uint32_t local, value *v)
{
    variable *var = variable_at(l, local);
    value_release(l, &var->value);
    *var = (variable){.value = *v, .born = current_id(l)};
    *v = (value){0};
}

static bool reserve_entry(journal *j, size_t n)
{
    if (j->n_entries == j->entries_capacity) {
        const size_t capacity = j->entries_capacity == 0 ? 8 : j->entries_capacity * 2;
        journal_entry *entries = mem_resize(j->entries, capacity, sizeof *entries);
        if (entries == NULL)
            return false;
        j->entries = entries;
        j->entries_capacity = capacity;
    }
    if (j->wires_capacity - j->n_wires < n) {
        size_t capacity = j->wires_capacity == 0 ? 64 : j->wires_capacity;
        while (capacity - j->n_wires < n)
            capacity *= 2;
        wire *wires = mem_resize(j->wires, capacity, sizeof *wires);
        if (wires == NULL)
            return false;
        j->wires = wires;
        j->wires_capacity = capacity;
    }
    return true;
}

/* Puts wires about to be overwritten into the current journal, unless it has them or the variable
 * was bound in this branch. */
static bool save(lowerer *l, size_t idx, size_t offset, size_t n)
{
    variable *var = &l->variables[idx];
    journal *j = l->journal;
    if (j == NULL || var->born == j->id || var->saved == j->id)
        return true;
    if (!reserve_entry(j, n))
        return lower_out_of_memory(l);
    j->entries[j->n_entries++] = (journal_entry){.variable = idx, .offset = offset, .n = n};
    memcpy(j->wires + j->n_wires, var->value.wires + offset, n * sizeof *j->wires);
    j->n_wires += n;
    if (n == var->value.n)
        var->saved = j->id;
    return true;
}

bool variable_write(lowerer *l, size_t idx, size_t offset, const wire *wires, size_t n)
{
    value *v = &l->variables[idx].value;
    PT_ASSERT(offset <= v->n && n <= v->n - offset);
    l->n_steps += n / 64;
    if (n == 0)
        return true;
    if (!save(l, idx, offset, n) || !value_own(l, v))
        return false;
    memcpy(v->wires + offset, wires, n * sizeof *wires);
    return true;
}

bool journal_begin(lowerer *l, journal **ret_journal)
{
    journal *j = l->free_journals;
    if (j != NULL) {
        l->free_journals = j->outer;
    } else {
        j = mem_new(1, sizeof *j);
        if (j == NULL)
            return lower_out_of_memory(l);
        j->made_before = l->last_journal;
        l->last_journal = j;
    }
    if (l->last_journal_id == UINT32_MAX)
        return lower_fail(l, PT_ERR_LIMIT, DIAG_NO_PLACE, "the program has too many branches");
    j->id = ++l->last_journal_id;
    j->n_entries = 0;
    j->n_wires = 0;
    j->outer = l->journal;
    l->journal = j;
    *ret_journal = j;
    return true;
}

void journal_release(lowerer *l, journal *j)
{
    PT_ASSERT(l->journal != j);
    j->outer = l->free_journals;
    l->free_journals = j;
}

void journals_clear(lowerer *l)
{
    while (l->last_journal != NULL) {
        journal *j = l->last_journal;
        l->last_journal = j->made_before;
        mem_free(j->entries);
        mem_free(j->wires);
        mem_free(j);
    }
    l->free_journals = NULL;
    l->journal = NULL;
}

static bool exchange(lowerer *l, const journal_entry *entry, wire *wires)
{
    value *v = &l->variables[entry->variable].value;
    if (!value_own(l, v))
        return false;
    for (size_t i = 0; i < entry->n; i++) {
        const wire w = v->wires[entry->offset + i];
        v->wires[entry->offset + i] = wires[i];
        wires[i] = w;
    }
    return true;
}

/* Leaves the branch: first changes last. */
static bool step_back(lowerer *l, journal *j)
{
    size_t at = j->n_wires;
    l->n_steps += j->n_entries + at / 64;
    for (size_t i = j->n_entries; i-- > 0;) {
        PT_ASSERT(j->entries[i].n <= at);
        at -= j->entries[i].n;
        if (!exchange(l, &j->entries[i], j->wires + at))
            return false;
    }
    return true;
}

/* Puts an undone branch in force again. */
static bool step_forward(lowerer *l, journal *j)
{
    size_t at = 0;
    for (size_t i = 0; i < j->n_entries; i++) {
        if (!exchange(l, &j->entries[i], j->wires + at))
            return false;
        at += j->entries[i].n;
    }
    return true;
}

bool journal_undo(lowerer *l, journal *j)
{
    PT_ASSERT(l->journal == j);
    l->journal = j->outer;
    return step_back(l, j);
}

/* Copies what the variables now hold in the places of the journal's entries. */
static wire *note_state(const lowerer *l, const journal *j, wire *out)
{
    for (size_t i = 0; i < j->n_entries; i++) {
        const journal_entry *entry = &j->entries[i];
        memcpy(out, l->variables[entry->variable].value.wires + entry->offset,
               entry->n * sizeof *out);
        out += entry->n;
    }
    return out;
}

/* Puts `in` in force, notes the places of both branches in `out`, and leaves it again. */
static bool note_branch(lowerer *l, journal *in, const journal *t, const journal *f, wire *out)
{
    if (!step_forward(l, in))
        return false;
    (void)note_state(l, f, note_state(l, t, out));
    return step_back(l, in);
}

static bool write_entries(lowerer *l, const journal *j, const wire *wires)
{
    for (size_t i = 0; i < j->n_entries; i++) {
        const journal_entry *entry = &j->entries[i];
        if (!variable_write(l, entry->variable, entry->offset, wires, entry->n))
            return false;
        wires += entry->n;
    }
    return true;
}

bool journal_apply(lowerer *l, const journal *j)
{
    return write_entries(l, j, j->wires);
}

bool journal_merge(lowerer *l, wire c, journal *t, journal *f)
{
    const size_t n = t->n_wires + f->n_wires;
    value in_t;
    value in_f;
    if (n == 0)
        return true;
    if (!value_new(l, &in_t, n) || !value_new(l, &in_f, n) ||
        !note_branch(l, t, t, f, in_t.wires) || !note_branch(l, f, t, f, in_f.wires))
        return false;
    value merged;
    if (!value_mux(l, &merged, c, &in_t, &in_f) || !write_entries(l, t, merged.wires) ||
        !write_entries(l, f, merged.wires + t->n_wires))
        return false;
    value_release(l, &merged);
    return true;
}

/* ---- Many branches at once ---- */

bool journal_collect(journal_places *places, const journal *j)
{
    for (size_t i = 0; i < j->n_entries; i++) {
        const journal_entry *e = &j->entries[i];
        size_t k = 0;
        while (k < places->n &&
               (places->entries[k].variable != e->variable ||
                places->entries[k].offset != e->offset || places->entries[k].n != e->n))
            k++;
        if (k < places->n)
            continue;
        if (k == JOURNAL_MAX_PLACES)
            return false;
        places->entries[places->n++] = *e;
        places->n_wires += e->n;
    }
    return true;
}

static void note_places(const lowerer *l, const journal_places *places, wire *out)
{
    for (size_t i = 0; i < places->n; i++) {
        const journal_entry *e = &places->entries[i];
        memcpy(out, l->variables[e->variable].value.wires + e->offset, e->n * sizeof *out);
        out += e->n;
    }
}

bool journal_note(lowerer *l, journal *j, const journal_places *places, wire *ret_wires)
{
    if (!step_forward(l, j))
        return false;
    note_places(l, places, ret_wires);
    return step_back(l, j);
}

bool journal_write(lowerer *l, const journal_places *places, const wire *wires)
{
    for (size_t i = 0; i < places->n; i++) {
        const journal_entry *e = &places->entries[i];
        if (!variable_write(l, e->variable, e->offset, wires, e->n))
            return false;
        wires += e->n;
    }
    return true;
}
