#include "circuit/passes/recipe.h"

#include "base/assert.h"

/* Truth tables of the inputs. */
static const uint16_t input_tables[4] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};

size_t recipe_of(uint16_t truth_table)
{
    /* Bit m of the normal form is the coefficient of the product of the inputs in m. */
    unsigned f = truth_table;
    f ^= f << 1 & 0xaaaa;
    f ^= f << 2 & 0xcccc;
    f ^= f << 4 & 0xf0f0;
    f ^= f << 8 & 0xff00;
    return (f >> 3 & 1) | (f >> 5 & 7) << 1 | (f >> 9 & 127) << 4;
}

/* The XOR of the inputs and products in `mask`. */
static uint16_t sum_table(unsigned mask, const uint16_t *products)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 4; i++)
        sum ^= (mask >> i & 1) != 0 ? input_tables[i] : 0u;
    for (unsigned i = 0; i < 2; i++)
        sum ^= (mask >> (4 + i) & 1) != 0 ? products[i] : 0u;
    return (uint16_t)sum;
}

/* Truth tables of the products of a recipe; returns that of its outcome. */
static uint16_t outcome(const recipe *r, uint16_t products[RECIPE_MAX_ANDS])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < r->n_ands; i++) {
        products[i] = sum_table(r->a[i], products) & sum_table(r->b[i], products);
        sum ^= (r->out >> i & 1) != 0 ? products[i] : 0u;
    }
    return (uint16_t)sum;
}

/* Keeps the first recipe found for the function at a place: recipes come by increasing number of
 * ANDs. */
static bool recipe_enter(recipe *recipes, const recipe *r, size_t place)
{
    recipe *known = &recipes[place];
    if (known->n_ands != 0 || place == 0)
        return false;
    *known = *r;
    return true;
}

#define MAX_SINGLES 35 /* planes through 0 in GF(2)^4: products of two linear forms */

typedef struct single {
    recipe recipe;
    uint16_t table;
    size_t place;
} single;

/* One AND. */
static size_t enter_singles(recipe *recipes, single *singles)
{
    size_t n = 0;
    for (unsigned a = 1; a < 16; a++) {
        for (unsigned b = a + 1; b < 16; b++) {
            const recipe r = {.n_ands = 1, .out = 1, .a = {(uint8_t)a}, .b = {(uint8_t)b}};
            uint16_t products[RECIPE_MAX_ANDS];
            const uint16_t table = outcome(&r, products);
            const size_t place = recipe_of(table);
            if (recipe_enter(recipes, &r, place))
                singles[n++] = (single){r, table, place};
        }
    }
    PT_ASSERT(n == MAX_SINGLES);
    return n;
}

/* The sum of two products. Places of sums are sums of places, as the normal form is linear. */
static void enter_sum(recipe *recipes, const single *g, const single *h)
{
    const recipe r = {.n_ands = 2,
                      .out = 3,
                      .a = {g->recipe.a[0], h->recipe.a[0]},
                      .b = {g->recipe.b[0], h->recipe.b[0]}};
    (void)recipe_enter(recipes, &r, g->place ^ h->place);
}

/* A second AND that reads the first, g. That only one operand does so is no loss, as
 * (x ^ g)(y ^ g) = (x ^ g)(x ^ y ^ 1); nor that the other lacks an input b, as
 * (x ^ y ^ g) y = (x ^ g) y ^ y. */
static void enter_nested(recipe *recipes, const single *g)
{
    recipe r = g->recipe;
    r.n_ands = 2;
    for (unsigned b = 1; b < 16; b++) {
        const unsigned lowest = b & (0u - b);
        for (unsigned a = 0; a < 16; a++) {
            if ((a & lowest) != 0)
                continue;
            const unsigned second = sum_table(16 | a, &g->table) & sum_table(b, &g->table);
            const size_t place = recipe_of((uint16_t)second);
            r.a[1] = (uint8_t)(16 | a);
            r.b[1] = (uint8_t)b;
            r.out = 2;
            (void)recipe_enter(recipes, &r, place);
            r.out = 3;
            (void)recipe_enter(recipes, &r, place ^ g->place);
        }
    }
}

/* The functions of degree four: (g ^ x)(h ^ y), perhaps with g and h, where g and h are products on
 * planes that meet in 0 only, and x, y lie in these. */
static void enter_triples(recipe *recipes, const single *g, const single *h)
{
    const uint16_t products[2] = {g->table, h->table};
    for (unsigned choice = 0; choice < 16; choice++) {
        const unsigned x =
            ((choice & 1) != 0 ? g->recipe.a[0] : 0u) ^ ((choice & 2) != 0 ? g->recipe.b[0] : 0u);
        const unsigned y =
            ((choice & 4) != 0 ? h->recipe.a[0] : 0u) ^ ((choice & 8) != 0 ? h->recipe.b[0] : 0u);
        const size_t place = recipe_of(sum_table(16 | x, products) & sum_table(32 | y, products));
        if (place < RECIPE_COUNT / 2) /* not of degree four: the planes meet */
            return;
        for (unsigned out = 4; out < 8; out++) {
            const recipe r = {.n_ands = 3,
                              .out = (uint8_t)out,
                              .a = {g->recipe.a[0], h->recipe.a[0], (uint8_t)(16 | x)},
                              .b = {g->recipe.b[0], h->recipe.b[0], (uint8_t)(32 | y)}};
            (void)recipe_enter(recipes, &r,
                               place ^ ((out & 1) != 0 ? g->place : 0u) ^
                                   ((out & 2) != 0 ? h->place : 0u));
        }
    }
}

void recipes_make(recipe ret_recipes[RECIPE_COUNT])
{
    single singles[MAX_SINGLES];
    for (size_t i = 0; i < RECIPE_COUNT; i++)
        ret_recipes[i] = (recipe){0};
    const size_t n = enter_singles(ret_recipes, singles);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++)
            enter_sum(ret_recipes, &singles[i], &singles[k]);
        enter_nested(ret_recipes, &singles[i]);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++)
            enter_triples(ret_recipes, &singles[i], &singles[k]);
    }
}

static wire sum_wires(circuit_builder *b, unsigned mask, const wire *inputs, const wire *products)
{
    wire sum = WIRE_FALSE;
    for (unsigned i = 0; i < 4; i++) {
        if ((mask >> i & 1) != 0)
            sum = circuit_xor(b, sum, inputs[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        if ((mask >> (4 + i) & 1) != 0)
            sum = circuit_xor(b, sum, products[i]);
    }
    return sum;
}

wire recipe_build(circuit_builder *b, const recipe recipes[RECIPE_COUNT], uint16_t truth_table,
                  const wire inputs[4])
{
    const recipe *r = &recipes[recipe_of(truth_table)];
    uint16_t tables[RECIPE_MAX_ANDS] = {0};
    wire products[RECIPE_MAX_ANDS] = {WIRE_FALSE};
    wire result = WIRE_FALSE;
    /* What is left when the products are taken away is affine. */
    const unsigned rest = truth_table ^ outcome(r, tables);
    for (unsigned i = 0; i < r->n_ands; i++) {
        /* In this order, whatever compiled it: all parties must have the same gates. */
        const wire right = sum_wires(b, r->b[i], inputs, products);
        const wire left = sum_wires(b, r->a[i], inputs, products);
        products[i] = circuit_and(b, left, right);
        if ((r->out >> i & 1) != 0)
            result = circuit_xor(b, result, products[i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (((rest >> (1u << i) ^ rest) & 1) != 0)
            result = circuit_xor(b, result, inputs[i]);
    }
    return result ^ (rest & 1);
}
