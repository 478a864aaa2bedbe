/* Types with numbers for the checker's types: each array size becomes its value (spec B5, D18). */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "lang/lower/lower_impl.h"

void type_resolver_clear(type_resolver *r)
{
    mem_free(r->map.keys);
    mem_free(r->map.types);
    r->map = (type_map){0};
}

/* Where the key is or belongs; the map has room. */
static size_t find_key(const type_map *map, const void *key)
{
    size_t slot =
        (size_t)(((uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (map->size - 1);
    while (map->keys[slot] != NULL && map->keys[slot] != key)
        slot = (slot + 1) & (map->size - 1);
    return slot;
}

static bool grow_map(type_map *map)
{
    type_map larger = {.size = map->size == 0 ? 64 : map->size * 2, .n_used = map->n_used};
    larger.keys = mem_new(larger.size, sizeof *larger.keys);
    larger.types = mem_new(larger.size, sizeof *larger.types);
    if (larger.keys == NULL || larger.types == NULL) {
        mem_free(larger.keys);
        mem_free(larger.types);
        return false;
    }
    for (size_t i = 0; i < map->size; i++) {
        if (map->keys[i] != NULL) {
            const size_t slot = find_key(&larger, map->keys[i]);
            larger.keys[slot] = map->keys[i];
            larger.types[slot] = map->types[i];
        }
    }
    mem_free(map->keys);
    mem_free(map->types);
    *map = larger;
    return true;
}

static pt_status map_put(type_map *map, const void *key, const pt_type *type, pt_error *error)
{
    if (map->n_used * 2 >= map->size && !grow_map(map))
        return error_memory(error);
    const size_t slot = find_key(map, key);
    map->n_used += map->keys[slot] == NULL;
    map->keys[slot] = key;
    map->types[slot] = type;
    return PT_OK;
}

static const pt_type *scalar_of(ctype_kind kind)
{
    static const type_kind kinds[] = {
        [CTYPE_BOOL] = TYPE_BOOL,
        [CTYPE_U8] = TYPE_U8,
        [CTYPE_U16] = TYPE_U16,
        [CTYPE_U32] = TYPE_U32,
        [CTYPE_U64] = TYPE_U64,
        [CTYPE_USIZE] = TYPE_USIZE,
        [CTYPE_I8] = TYPE_I8,
        [CTYPE_I16] = TYPE_I16,
        [CTYPE_I32] = TYPE_I32,
        [CTYPE_I64] = TYPE_I64,
        [CTYPE_ANY_UNSIGNED] = TYPE_U32,
        [CTYPE_ANY_SIGNED] = TYPE_I32,
    };
    return type_scalar(kinds[kind]);
}

/* A copy of the name, which is in the compilation's arena, in the types' one. */
static pt_status copy_name(const char **ret_name, type_resolver *r, const char *name,
                           pt_error *error)
{
    *ret_name = arena_string(r->arena, name, strlen(name));
    return *ret_name != NULL ? PT_OK : error_memory(error);
}

static pt_status resolve_fields_of(type_field **ret_fields, type_resolver *r,
                                   const field_decl *fields, size_t n_fields, bool named,
                                   unsigned depth, pt_error *error)
{
    type_field *resolved = arena_new(r->arena, n_fields, sizeof *resolved);
    pt_status status = resolved != NULL ? PT_OK : error_memory(error);
    for (size_t i = 0; i < n_fields && status == PT_OK; i++) {
        status = type_resolve(&resolved[i].type, r, fields[i].type, depth, error);
        if (status == PT_OK && named)
            status = copy_name(&resolved[i].name, r, fields[i].name.text, error);
    }
    *ret_fields = resolved;
    return status;
}

static pt_status resolve_tuple_type(const pt_type **ret_type, type_resolver *r, const ctype *type,
                                    unsigned depth, pt_error *error)
{
    const size_t n_fields = type->as.tuple.n_elements;
    type_field *fields = arena_new(r->arena, n_fields, sizeof *fields);
    pt_status status = fields != NULL ? PT_OK : error_memory(error);
    for (size_t i = 0; i < n_fields && status == PT_OK; i++)
        status = type_resolve(&fields[i].type, r, type->as.tuple.elements[i], depth, error);
    if (status != PT_OK)
        return status;
    return type_new_tuple(ret_type, r->arena, fields, n_fields, error);
}

static pt_status resolve_array(const pt_type **ret_type, type_resolver *r, const ctype *type,
                               unsigned depth, pt_error *error)
{
    const pt_type *element = NULL;
    const pt_status status = type_resolve(&element, r, type->as.array.element, depth, error);
    if (status != PT_OK)
        return status;
    const uint64_t length = const_size(&type->as.array.size, r->constants, r->externals);
    return type_new_array(ret_type, r->arena, element, length, error);
}

static pt_status resolve_struct(const pt_type **ret_type, type_resolver *r, const struct_decl *decl,
                                unsigned depth, pt_error *error)
{
    type_field *fields = NULL;
    const char *name = NULL;
    pt_status status =
        resolve_fields_of(&fields, r, decl->fields, decl->n_fields, true, depth, error);
    if (status == PT_OK)
        status = copy_name(&name, r, decl->name.text, error);
    if (status == PT_OK)
        status = type_new_struct(ret_type, r->arena, name, fields, decl->n_fields, error);
    return status;
}

static pt_status resolve_enum(const pt_type **ret_type, type_resolver *r, const enum_decl *decl,
                              unsigned depth, pt_error *error)
{
    type_variant *variants = arena_new(r->arena, decl->n_variants, sizeof *variants);
    const char *name = NULL;
    pt_status status = variants != NULL ? PT_OK : error_memory(error);
    for (size_t v = 0; v < decl->n_variants && status == PT_OK; v++) {
        const variant_decl *from = &decl->variants[v];
        variants[v].is_tuple = from->has_parens;
        variants[v].n_fields = from->n_fields;
        status = resolve_fields_of(&variants[v].fields, r, from->fields, from->n_fields, false,
                                   depth, error);
        if (status == PT_OK)
            status = copy_name(&variants[v].name, r, from->name.text, error);
    }
    if (status == PT_OK)
        status = copy_name(&name, r, decl->name.text, error);
    if (status == PT_OK)
        status = type_new_enum(ret_type, r->arena, name, variants, decl->n_variants, error);
    return status;
}

/* Structs and enums are known by their definition, other types by their own address. */
static const void *key_of(const ctype *type)
{
    if (type->kind == CTYPE_STRUCT)
        return type->as.structure;
    return type->kind == CTYPE_ENUM ? (const void *)type->as.enumeration : type;
}

pt_status type_resolve(const pt_type **ret_type, type_resolver *r, const ctype *type,
                       unsigned depth, pt_error *error)
{
    if (type->kind < CTYPE_TUPLE) {
        *ret_type = scalar_of(type->kind);
        return PT_OK;
    }
    const void *key = key_of(type);
    if (r->map.size > 0 && r->map.keys[find_key(&r->map, key)] == key) {
        *ret_type = r->map.types[find_key(&r->map, key)];
        return PT_OK;
    }
    if (depth > TYPE_MAX_DEPTH)
        return error_set(error, PT_ERR_LIMIT, "a type is nested deeper than %u levels",
                         TYPE_MAX_DEPTH);
    pt_status status = PT_OK;
    if (type->kind == CTYPE_TUPLE)
        status = resolve_tuple_type(ret_type, r, type, depth + 1, error);
    else if (type->kind == CTYPE_ARRAY)
        status = resolve_array(ret_type, r, type, depth + 1, error);
    else if (type->kind == CTYPE_STRUCT)
        status = resolve_struct(ret_type, r, type->as.structure, depth + 1, error);
    else
        status = resolve_enum(ret_type, r, type->as.enumeration, depth + 1, error);
    if (status != PT_OK)
        return status;
    return map_put(&r->map, key, *ret_type, error);
}

pt_status lower_resolve_type(const pt_type **ret_type, const ctype *type, arena *types,
                             const uint64_t *constants, const uint64_t *externals, pt_error *error)
{
    type_resolver r = {.arena = types, .constants = constants, .externals = externals};
    const pt_status status = type_resolve(ret_type, &r, type, 0, error);
    type_resolver_clear(&r);
    return status;
}

bool lower_type(lowerer *l, const pt_type **ret_type, const ctype *type, span at)
{
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = type_resolve(ret_type, &l->types, type, 0, &error);
    if (status == PT_ERR_MEMORY)
        return lower_out_of_memory(l);
    return status == PT_OK || lower_fail(l, status, at, "%s", error.message);
}
