#include "lang/front/foreign.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define TYPE      FOREIGN_TYPE
#define METHOD    FOREIGN_METHOD
#define MACRO     FOREIGN_MACRO
#define FUNCTION  FOREIGN_FUNCTION
#define NAME      FOREIGN_NAME
#define STATEMENT FOREIGN_STATEMENT
#define WORD      FOREIGN_WORD

static const struct {
    unsigned places;
    const char *names; /* apart by blanks */
    const char *advice;
} rows[] = {
    {TYPE, "f32 f64 float double",
     "there are no floating-point numbers; scale the values to integers"},
    {TYPE, "u128 i128", "the widest integers are u64 and i64"},
    {TYPE, "int isize", "write the width: i32, i64"},
    {TYPE, "char str String", "text is an array of bytes, as [u8; 16]"},
    {TYPE, "Vec", "arrays have a fixed size, as [u32; 16]"},
    {TYPE | FUNCTION | NAME, "Option Some None",
     "write an enum, as `enum Maybe { None, Some(u32) }`, and `Maybe::None`"},
    {METHOD | FUNCTION, "len", "an array's length is in its type, [u32; N]: write the constant N"},
    {METHOD | FUNCTION, "max", "write `if a > b { a } else { b }`"},
    {METHOD | FUNCTION, "min", "write `if a < b { a } else { b }`"},
    {METHOD | FUNCTION, "pow", "multiply, or write a loop"},
    {METHOD, "iter", "`for x in array` goes through an array as it is"},
    {METHOD | FUNCTION, "enumerate range", "write `for i in 0usize..N` and `array[i]`"},
    {METHOD | FUNCTION, "sum", "write `let mut sum = 0u32; for x in array { sum += x; }`"},
    {METHOD, "clone", "values are copied without it"},
    {METHOD, "unwrap", "match the enum's variants"},
    {MACRO | FUNCTION, "println print printf", "a program shows nothing but its result"},
    {MACRO, "vec", "an array is written [1u32, 2u32] or [0u32; 16]"},
    {MACRO | FUNCTION, "assert panic", "what is wrong can be part of the result, a bool, say"},
    {NAME, "break continue", "loops run to their end: put an `if` around what is to be done"},
    {NAME, "True", "write true"},
    {NAME, "False", "write false"},
    {FUNCTION | NAME | STATEMENT, "return", "a function's last expression is its result"},
    {FUNCTION | STATEMENT, "while loop", "a loop is `for x in array` or `for i in 0..8`"},
    {STATEMENT, "elif", "write `else if`"},
    {FUNCTION | STATEMENT, "switch", "write `match`"},
    {STATEMENT, "int var", "a variable is `let x = 1i32;` or `let mut x = 1i32;`"},
    {WORD, "and", "write `&&`"},
    {WORD, "or", "write `||`"},
    {WORD, "int void def func function",
     "a function is `pub fn main(a: u32, b: u32) -> u32 { .. }`"},
    {WORD, "use import", "a program is one file"},
    {WORD, "impl", "there are no methods: write functions"},
};

static bool has_name(const char *names, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = names; *at != '\0'; at += strspn(at, " ")) {
        const size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, name, n) == 0)
            return true;
        at += n;
    }
    return false;
}

const char *foreign_advice(foreign_place place, const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((rows[i].places & (unsigned)place) != 0 && has_name(rows[i].names, name))
            return rows[i].advice;
    return NULL;
}
