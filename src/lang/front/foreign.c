#include "lang/front/foreign.h"

#include <stddef.h>
#include <string.h>

typedef struct foreign_row {
    const char *name;
    const char *advice;
} foreign_row;

static const char *find_advice(const foreign_row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, rows[i].name) == 0)
            return rows[i].advice;
    return NULL;
}

#define FIND_ADVICE(rows, name) find_advice(rows, sizeof(rows) / sizeof *(rows), name)

#define NO_FLOATS "there are no floating-point numbers; scale the values to integers"
#define TEXT      "text is an array of bytes, as [u8; 16]"
#define OPTION    "write an enum, as `enum Maybe { None, Some(u32) }`"

const char *foreign_type(const char *name)
{
    static const foreign_row rows[] = {
        {"f32", NO_FLOATS},
        {"f64", NO_FLOATS},
        {"float", NO_FLOATS},
        {"double", NO_FLOATS},
        {"u128", "the widest integers are u64 and i64"},
        {"i128", "the widest integers are u64 and i64"},
        {"isize", "there is no isize; use i32 or i64"},
        {"int", "write the width: i32, i64"},
        {"uint", "write the width: u32, u64"},
        {"char", TEXT},
        {"str", TEXT},
        {"string", TEXT},
        {"String", TEXT},
        {"Vec", "arrays have a fixed size, as [u32; 16]"},
        {"Option", OPTION},
        {"Result", OPTION},
        {"boolean", "write bool"},
        {"void", "a function without a result has the result ()"},
    };
    return FIND_ADVICE(rows, name);
}

const char *foreign_method(const char *name)
{
    static const foreign_row rows[] = {
        {"len", "the length of an array is in its type, [u32; N]: write the constant N"},
        {"iter", "`for x in array` goes through an array as it is"},
        {"into_iter", "`for x in array` goes through an array as it is"},
        {"enumerate", "write `for i in 0usize..N` and `array[i]`"},
        {"sum", "write `let mut sum = 0u32; for x in array { sum += x; }`"},
        {"clone", "values are copied without it"},
        {"push", "arrays have a fixed size: write `array[i] = x`"},
        {"unwrap", "match the enum's variants"},
        {"pow", "multiply, or write a loop"},
        {"abs", "write `if x < 0i32 { -x } else { x }`"},
        {"max", "write `if a > b { a } else { b }`"},
        {"min", "write `if a < b { a } else { b }`"},
    };
    return FIND_ADVICE(rows, name);
}

const char *foreign_macro(const char *name)
{
    static const foreign_row rows[] = {
        {"println", "a program shows nothing but its result"},
        {"print", "a program shows nothing but its result"},
        {"eprintln", "a program shows nothing but its result"},
        {"dbg", "a program shows nothing but its result"},
        {"format", "a program shows nothing but its result"},
        {"vec", "an array is written [1u32, 2u32] or [0u32; 16]"},
        {"assert", "what is wrong can be a part of the result, a bool for example"},
        {"assert_eq", "what is wrong can be a part of the result, a bool for example"},
        {"panic", "what is wrong can be a part of the result, a bool for example"},
    };
    return FIND_ADVICE(rows, name);
}

const char *foreign_function(const char *name)
{
    static const foreign_row rows[] = {
        {"max", "write `if a > b { a } else { b }`, or a function `max` that does"},
        {"min", "write `if a < b { a } else { b }`, or a function `min` that does"},
        {"abs", "write `if x < 0i32 { -x } else { x }`, or a function `abs` that does"},
        {"pow", "multiply, or write a loop"},
        {"len", "the length of an array is in its type, [u32; N]: write the constant N"},
        {"range", "write `0usize..N`"},
        {"print", "a program shows nothing but its result"},
        {"printf", "a program shows nothing but its result"},
        {"assert", "what is wrong can be a part of the result, a bool for example"},
        {"Some", OPTION " and `Maybe::Some(x)`"},
        {"Ok", OPTION " and `Maybe::Some(x)`"},
        {"Err", OPTION " and `Maybe::None`"},
    };
    return FIND_ADVICE(rows, name);
}

const char *foreign_name(const char *name)
{
    static const foreign_row rows[] = {
        {"break", "loops run to their end: put an `if` around what is to be done"},
        {"continue", "loops run to their end: put an `if` around what is to be done"},
        {"return", "a function's last expression is its result"},
        {"None", OPTION " and `Maybe::None`"},
        {"null", OPTION " and `Maybe::None`"},
        {"NULL", OPTION " and `Maybe::None`"},
        {"True", "write true"},
        {"False", "write false"},
        {"self", "there are no methods: a function takes every value as a parameter"},
    };
    return FIND_ADVICE(rows, name);
}

const char *foreign_statement(const char *name)
{
    static const foreign_row rows[] = {
        {"while", "a loop is `for x in array` or `for i in 0..8`"},
        {"loop", "a loop is `for x in array` or `for i in 0..8`"},
        {"do", "a loop is `for x in array` or `for i in 0..8`"},
        {"return", "a function's last expression is its result"},
        {"elif", "write `else if`"},
        {"switch", "write `match`"},
        {"var", "a variable is `let x = 1u32;` or `let mut x = 1u32;`"},
        {"int", "a variable is `let x = 1i32;` or `let mut x = 1i32;`"},
        {"auto", "a variable is `let x = 1u32;` or `let mut x = 1u32;`"},
    };
    return FIND_ADVICE(rows, name);
}

#define FUNCTION "a function is `pub fn main(a: u32, b: u32) -> u32 { .. }`"
#define METHODS  "there are no methods: write functions"
#define ONE_FILE "a program is one file"

const char *foreign_word(const char *name)
{
    static const foreign_row rows[] = {
        {"and", "write `&&`"},
        {"or", "write `||`"},
        {"not", "write `!`"},
        {"mod", "write `%`, if a remainder is meant"},
        {"def", FUNCTION},
        {"function", FUNCTION},
        {"func", FUNCTION},
        {"int", FUNCTION},
        {"void", FUNCTION},
        {"uint32_t", FUNCTION},
        {"use", ONE_FILE},
        {"import", ONE_FILE},
        {"from", ONE_FILE},
        {"impl", METHODS},
        {"trait", METHODS},
        {"class", "a type is `struct Name { .. }`, and there are no methods"},
        {"type", "types have no other names"},
        {"static", "write `const NAME: u32 = 1u32;`"},
    };
    return FIND_ADVICE(rows, name);
}
