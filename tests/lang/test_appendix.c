/* Programs with their results, measured with Garble itself (spec garble.md, appendix B), where the
 * decisions of section 11 do not change them; positions are natural and one-based (Q17). And the
 * number of AND gates, which must never exceed Garble's (appendix A). */
#include "support/test.h"

#include "lang/case.h"

/* clang-format off */
static const lang_case vectors[] = {
    CASE("V01 sub-space",
         "pub fn main(n: i16, k: i16) -> i16 { n - 1 - k }",
         "5", "10", "4"),
    CASE("V02 shift-prec",
         "pub fn main(n: u8, z: bool) -> u8 { n + 1 << 1 & 6 }",
         "6", "2", "true"),
    CASE("V03 eq-prec",
         "pub fn main(n: u8, z: bool) -> bool { z == n < 9 }",
         "true", "5", "true"),
    CASE("V04 cast-chain",
         "pub fn main(n: i8, z: bool) -> u32 { n as u8 as u32 }",
         "254", "-2", "true"),
    CASE("V05 sext-16",
         "pub fn main(n: i8, z: bool) -> i16 { n as i16 }",
         "-2", "-2", "true"),
    CASE("V06 sext-32 [D3]",
         "pub fn main(n: i8, z: bool) -> i32 { n as i32 }",
         "-2", "-2", "true"),
    CASE("V07 sext-64 [D3]",
         "pub fn main(n: i32, z: bool) -> i64 { n as i64 }",
         "-2", "-2", "true"),
    CASE("V08 trunc-bool",
         "pub fn main(n: u8, z: bool) -> bool { n as bool }",
         "false", "6", "true"),
    CASE("V09 sdiv-trunc",
         "pub fn main(n: i8, d: i8) -> (i8, i8) { (n / d, n % d) }",
         "(-2, -1)", "-9", "4"),
    CASE("V10 sdiv-min [D5]",
         "pub fn main(n: i8, d: i8) -> (i8, i8) { (n / d, n % d) }",
         "panic Overflow 1:42-1:47", "-128", "-1"),
    CASE("V11 div0",
         "pub fn main(n: u16, d: u16) -> u16 { n / d }",
         "panic Division By Zero 1:38-1:43", "9", "0"),
    CASE("V12 rem0",
         "pub fn main(n: i8, d: i8) -> i8 { n % d }",
         "panic Division By Zero 1:35-1:40", "9", "0"),
    CASE("V13 neg-min [D5]",
         "pub fn main(n: i8, z: bool) -> i8 { -n }",
         "panic Overflow 1:37-1:39", "-128", "true"),
    CASE("V14 add-ovf",
         "pub fn main(n: u8, k: u8) -> u8 { n + k }",
         "panic Overflow 1:35-1:40", "200", "56"),
    CASE("V15 add-ovf-s",
         "pub fn main(n: i8, k: i8) -> i8 { n + k }",
         "panic Overflow 1:35-1:40", "-100", "-29"),
    CASE("V16 sub-unf",
         "pub fn main(n: u8, k: u8) -> u8 { n - k }",
         "panic Overflow 1:35-1:40", "3", "4"),
    CASE("V17 mul-ovf",
         "pub fn main(n: u8, k: u8) -> u8 { n * k }",
         "panic Overflow 1:35-1:40", "16", "16"),
    CASE("V18 mul-128 [D4]",
         "pub fn main(n: i8, k: i8) -> i8 { n * k }",
         "panic Overflow 1:35-1:40", "16", "8"),
    CASE("V19 mul-129",
         "pub fn main(n: i8, k: i8) -> i8 { n * k }",
         "panic Overflow 1:35-1:40", "43", "3"),
    CASE("V20 mul-const [D6]",
         "pub fn main(n: i8, z: bool) -> i8 { n * -2 }",
         "-128", "64", "true"),
    CASE("V21 mul-var",
         "pub fn main(n: i8, k: i8) -> i8 { n * k }",
         "-128", "64", "-2"),
    CASE("V22 shl",
         "pub fn main(n: i8, s: u8) -> i8 { n << s }",
         "-126", "65", "1"),
    CASE("V23 sar",
         "pub fn main(n: i8, s: u8) -> i8 { n >> s }",
         "-3", "-5", "1"),
    CASE("V24 shift-ovf",
         "pub fn main(n: u32, s: u8) -> u32 { n >> s }",
         "panic Overflow 1:37-1:43", "1", "32"),
    CASE("V25 idx-oob",
         "pub fn main(t: [u8; 3], i: usize) -> u8 { t[i] }",
         "panic Array Access Out Of Bounds 1:43-1:47", "[4, 5, 6]", "3"),
    CASE("V26 idx-upd",
         "pub fn main(t: [u8; 3], i: usize) -> [u8; 3] { let mut w = t; w[i] = 9; w }",
         "[4, 9, 6]", "[4, 5, 6]", "1"),
    CASE("V27 idx-add-lost [D1]",
         "pub fn main(t: [u8; 3], i: usize) -> [u8; 3] { let mut w = t; w[i] += 250; w }",
         "panic Overflow 1:63-1:74", "[4, 5, 6]", "2"),
    CASE("V28 memo-lost [D1]",
         "pub fn main(n: u8, d: u8) -> u8 { let h = n + 100; let q = 50 / d; let k = n + 100; k }",
         "panic Division By Zero 1:60-1:66", "7", "0"),
    CASE("V29 memo-kept",
         "pub fn main(n: u8, d: u8) -> u8 { let h = n + 100; let q = 50 / d; h }",
         "panic Division By Zero 1:60-1:66", "7", "0"),
    CASE("V30 memo-ghost [D2]",
         "pub fn main(c: bool, n: u8, d: u8) -> u8 { let h = if c { 9 / n + 9 / d } else { 1 }; 8 / d }",
         "4", "false", "0", "2"),
    CASE("V31 first-wins",
         "pub fn main(n: u8, d: u8) -> u8 { (n - 5) + (1 / d) }",
         "panic Overflow 1:36-1:41", "4", "0"),
    CASE("V32 untaken-if",
         "pub fn main(n: u8, d: u8) -> u8 { if d == 0 { 255 } else { n / d } }",
         "255", "4", "0"),
    CASE("V33 and-short",
         "pub fn main(n: u8, d: u8) -> bool { d != 0 && n / d == 2 }",
         "false", "4", "0"),
    CASE("V34 and-eager",
         "pub fn main(n: u8, d: u8) -> bool { (d != 0) & (n / d == 2) }",
         "panic Division By Zero 1:49-1:54", "4", "0"),
    CASE("V35 or-short",
         "pub fn main(n: u8, d: u8) -> bool { d == 0 || n / d == 2 }",
         "true", "4", "0"),
    CASE("V36 and-side [D8]",
         "pub fn main(c: bool, n: u8) -> u8 { let mut w = n; let g = c && ({ w = 0; true }); w }",
         "3", "false", "3"),
    CASE("V37 le-twice [D9]",
         "pub fn main(n: u8, z: bool) -> u8 { let mut w = n; let g = ({ w += 2; w }) <= 200; w }",
         "3", "1", "true"),
    CASE("V38 semi-value",
         "pub fn main(n: u8, z: bool) -> u8 { n + 1; }",
         "4", "3", "true"),
    CASE("V39 if-plus",
         "pub fn main(n: u8, z: bool) -> u8 { if z { n } else { 0 } + 5 }",
         "8", "3", "true"),
    CASE("V40 elseif-plus",
         "pub fn main(n: u8, z: bool) -> u8 { if z { n } else if n == 0 { 1 } else { 2 } + 5 }",
         "3", "3", "true"),
    CASE("V41 shadow",
         "pub fn main(n: u8, z: bool) -> u8 { let n = n + 1; let n = n * 2; n }",
         "8", "3", "true"),
    CASE("V42 loop-scope [D10]",
         "pub fn main(n: u8, z: bool) -> u8 { let mut t = 0u8; for i in [1u8, 1u8, 1u8] { let n = n + i; t += n; } t }",
         "3", "0", "true"),
    CASE("V43 dyn-scope [D11]",
         "const STEP: u8 = 2u8; fn bump(v: u8) -> u8 { v + STEP } pub fn main(n: u8, z: bool) -> u8 { let STEP = 50u8; bump(n) }",
         "3", "1", "true"),
    CASE("V44 const-param [D12]",
         "const n: u8 = 77u8; pub fn main(n: u8, z: bool) -> u8 { n }",
         "1", "1", "true"),
    CASE("V45 range-loop",
         "pub fn main(n: u16, z: bool) -> u16 { let mut t = n; for i in 1..4 { t += i as u16; } t }",
         "16", "10", "true"),
    CASE("V46 nest-assign",
         "struct Cell { tag: u8, pts: [(u8, bool); 2] } pub fn main(n: u8, i: usize) -> Cell { let mut c = Cell { tag: n, pts: [(1, false), (2, false)] }; c.pts[i].1 = true; c.pts[0].0 = n; c }",
         "Cell {pts: [(7, false), (2, true)], tag: 7}", "7", "1"),
    CASE("V47 match-first",
         "pub fn main(n: u8, z: bool) -> u8 { match (n, z) { (0..=9, true) => 1, (5..=20, _) => 2, (_, f) => 3 } }",
         "1", "7", "true"),
    CASE("V48 match-neg",
         "pub fn main(n: i8, z: bool) -> u8 { match n { -3 => 1, -10..-3 => 2, 0..5 => 3, v => 4 } }",
         "2", "-4", "true"),
    CASE("V49 enum-io",
         "enum Shape { Dot, Seg(u8, u8), Big(u32) } pub fn main(s: Shape, z: bool) -> Shape { match s { Shape::Dot => Shape::Big(70000), Shape::Seg(p, q) => Shape::Seg(q, p), Shape::Big(v) => Shape::Dot } }",
         "Shape::Seg(250, 3)", "Shape::Seg(3, 250)", "true"),
    CASE("V50 struct-order",
         "struct Rec { zed: u8, alf: bool } pub fn main(r: Rec, k: u8) -> Rec { Rec { zed: r.zed + k, alf: !r.alf } }",
         "Rec {alf: false, zed: 5}", "Rec { zed: 4, alf: true }", "1"),
    CASE("V51 let-refut [D13]",
         "pub fn main(p: (u8, u8), z: bool) -> u8 { let (9, k) = p; k }",
         "rejected type", "(1, 2)", "true"),
    {.name = "V52 consts",
     .source = "const W: usize = max(A::ROWS, B::ROWS) + 1usize; pub fn main(n: u8, z: bool) -> [u8; W] { [n; W] }",
     .inputs = {"6", "true"},
     .expected = "[6, 6, 6, 6]", .constants = {{"A", "ROWS", "2"}, {"B", "ROWS", "3"}}},
    CASE("V53 const-wrap",
         "const W: u8 = 3u8 - 5u8; pub fn main(n: u8, z: bool) -> u8 { W }",
         "254", "6", "true"),
    {.name = "V54 parties",
     .source = "const M: usize = PARTIES::COUNT; pub fn main(v: [u8; M]) -> u8 { let mut t = 0u8; for x in v { t ^= x; } t }",
     .inputs = {"1", "2", "4"},
     .expected = "7", .constants = {{"PARTIES", "COUNT", "3"}}},
    CASE("V55 join-set",
         "pub fn main(l: [u16; 3], r: [u16; 4]) -> [(bool, u16); const { 3usize + 4usize - 1usize }] { join(l, r) }",
         "[(false, 0), (false, 0), (false, 0), (false, 0), (true, 2), (true, 8)]", "[2, 5, 8]", "[1, 2, 3, 8]"),
    CASE("V56 join-order",
         "pub fn main(l: [u8; 8], r: [u8; 8]) -> [(bool, u8); const { 8usize + 8usize - 1usize }] { join(l, r) }",
         "[(false, 0), (false, 0), (false, 0), (false, 0), (false, 0), (false, 0), (false, 0), (true, 40), (true, 30), (true, 20), (true, 10), (true, 50), (true, 60), (true, 70), (true, 80)]", "[10, 20, 30, 40, 50, 60, 70, 80]", "[10, 20, 30, 40, 50, 60, 70, 80]"),
    CASE("V57 join-rows",
         "pub fn main(l: [(u8, u16); 2], r: [(u8, bool); 2]) -> [(bool, (u8, u16), (u8, bool)); const { 2usize + 2usize - 1usize }] { join(l, r) }",
         "[(false, (0, 0), (0, false)), (false, (0, 0), (0, false)), (true, (6, 60), (6, true))]", "[(4, 40), (6, 60)]", "[(5, true), (6, true)]"),
    CASE("V58 join-iter",
         "pub fn main(l: [(u8, u16); 3], r: [(u8, u16); 2]) -> u16 { let mut t = 0u16; for ((k, a), (_, b)) in join_iter(l, r) { t += a * b; } t }",
         "750", "[(1, 3), (2, 5), (9, 7)]", "[(2, 10), (9, 100)]"),
    CASE("V59 join-dup",
         "pub fn main(l: [(u8, u16); 3], r: [(u8, u16); 2]) -> u16 { let mut t = 0u16; for ((k, a), (_, b)) in join_iter(l, r) { t += a * b; } t }",
         "50", "[(2, 3), (2, 5), (9, 7)]", "[(2, 10), (2, 100)]"),
    CASE("V60 lines",
         "\npub fn main(p: u8, q: u8, r: u8, s: u8) -> u8 {\n let a = p - q;\n a + r / s }",
         "panic Division By Zero 4:6-4:11", "9", "1", "8", "0"),
};

typedef struct and_count {
    const char *source;
    uint64_t garble;
} and_count;

static const and_count and_counts[] = {
    {"pub fn main(p: u8, q: u8) -> u8 { p + q }", 22},
    {"pub fn main(p: u32, q: u32) -> u32 { p + q }", 94},
    {"pub fn main(p: u64, q: u64) -> u64 { p + q }", 190},
    {"pub fn main(p: i32, q: i32) -> i32 { p + q }", 94},
    {"pub fn main(p: u8, q: u8) -> u8 { p - q }", 29},
    {"pub fn main(p: u32, q: u32) -> u32 { p - q }", 125},
    {"pub fn main(p: i64, q: i64) -> i64 { p - q }", 253},
    {"pub fn main(p: u8, q: u8) -> u8 { p * q }", 223},
    {"pub fn main(p: u32, q: u32) -> u32 { p * q }", 3967},
    {"pub fn main(p: i32, q: i32) -> i32 { p * q }", 4182},
    {"pub fn main(p: u64, q: u64) -> u64 { p * q }", 16127},
    {"pub fn main(p: u8, q: u8) -> u8 { p / q }", 154},
    {"pub fn main(p: u32, q: u32) -> u32 { p / q }", 2170},
    {"pub fn main(p: i32, q: i32) -> i32 { p / q }", 2353},
    {"pub fn main(p: u32, q: u32) -> u32 { p % q }", 2171},
    {"pub fn main(p: i32, q: i32) -> i32 { p % q }", 2354},
    {"pub fn main(p: u32, q: u32) -> bool { p < q }", 185},
    {"pub fn main(p: u32, q: u32) -> bool { p >= q }", 217},
    {"pub fn main(p: u64, q: u64) -> bool { p == q }", 63},
    {"pub fn main(p: u32, s: u8) -> u32 { p << s }", 258},
    {"pub fn main(p: i32, s: u8) -> i32 { p >> s }", 250},
    {"pub fn main(p: u32, z: bool) -> u32 { p << 7 }", 0},
    {"pub fn main(p: i32) -> i32 { -p }", 30 + 1}, /* and the overflow that Garble misses (D5) */
    {"pub fn main(c: bool, p: u32, q: u32) -> u32 { if c { p } else { q } }", 32},
    {"pub fn main(p: u32, q: u32) -> u32 { if p > q { p } else { q } }", 217},
    {"pub fn main(p: u32, q: u32) -> u32 { if p > q { p - q } else { q - p } }", 466},
    {"pub fn main(p: u32, q: u32, r: u32) -> u32 { p + q + r }", 189},
    {"pub fn main(p: u32, q: u32, r: u32, s: u32) -> u32 { p + q + r + s }", 285},
    {"pub fn main(v: [u32; 4]) -> u32 { v[0] + v[1] + v[2] + v[3] }", 276},
    {"pub fn main(p: u16, z: bool) -> u16 { p * 3 }", 44},
    {"pub fn main(p: u16, z: bool) -> u16 { p * 100u16 }", 128},
    {"pub fn main(p: u16, z: bool) -> u16 { p / 10 }", 193},
    {"pub fn main(p: u16, z: bool) -> u16 { p % 16 }", 0},
    {"pub fn main(t: [u16; 10], i: usize) -> u16 { t[i] }", 656},
    {"pub fn main(t: [u16; 10], i: u8) -> u16 { t[i as usize] }", 248},
    {"pub fn main(t: [u16; 10], i: usize, v: u16) -> [u16; 10] { let mut w = t; w[i] = v; w }", 5152},
    {"pub fn main(t: [u16; 10], z: bool) -> u16 { let mut s = 0u16; for e in t { s += e; } s }", 422},
    {"pub fn main(p: u8, z: bool) -> u8 { match p { 0 => 7, 1..=9 => 8, _ => p } }", 33},
    {"pub fn main(p: u32, q: u32) -> bool { p == 5 && q / p > 2 }", 2207},
    {"pub fn main(p: [u16; 4], q: [u16; 4]) -> bool { p == q }", 63},
    {"pub fn main(p: u8, q: u8) -> u8 { (p & q) | (p & !q) }", 8},
    {"pub fn main(l: [u8; 1], r: [u8; 1]) -> [(bool, u8); const { 1usize + 1usize - 1usize }] { join(l, r) }", 31},
    {"pub fn main(l: [u8; 2], r: [u8; 2]) -> [(bool, u8); const { 2usize + 2usize - 1usize }] { join(l, r) }", 146},
    {"pub fn main(l: [u8; 3], r: [u8; 3]) -> [(bool, u8); const { 3usize + 3usize - 1usize }] { join(l, r) }", 290},
    {"pub fn main(l: [u8; 4], r: [u8; 4]) -> [(bool, u8); const { 4usize + 4usize - 1usize }] { join(l, r) }", 500},
    {"pub fn main(l: [u8; 5], r: [u8; 5]) -> [(bool, u8); const { 5usize + 5usize - 1usize }] { join(l, r) }", 684},
    {"pub fn main(l: [u8; 6], r: [u8; 6]) -> [(bool, u8); const { 6usize + 6usize - 1usize }] { join(l, r) }", 914},
    {"pub fn main(l: [u8; 7], r: [u8; 7]) -> [(bool, u8); const { 7usize + 7usize - 1usize }] { join(l, r) }", 1174},
    {"pub fn main(l: [u8; 8], r: [u8; 8]) -> [(bool, u8); const { 8usize + 8usize - 1usize }] { join(l, r) }", 1500},
    {"pub fn main(l: [u8; 16], r: [u8; 16]) -> [(bool, u8); const { 16usize + 16usize - 1usize }] { join(l, r) }", 4154},
    {"pub fn main(l: [(u8, u16); 1], r: [(u8, u16); 1]) -> [(bool, (u8, u16), (u8, u16)); const { 1usize + 1usize - 1usize }] { join(l, r) }", 87},
    {"pub fn main(l: [(u8, u16); 2], r: [(u8, u16); 2]) -> [(bool, (u8, u16), (u8, u16)); const { 2usize + 2usize - 1usize }] { join(l, r) }", 450},
    {"pub fn main(l: [(u8, u16); 3], r: [(u8, u16); 3]) -> [(bool, (u8, u16), (u8, u16)); const { 3usize + 3usize - 1usize }] { join(l, r) }", 962},
    {"pub fn main(l: [(u8, u16); 5], r: [(u8, u16); 5]) -> [(bool, (u8, u16), (u8, u16)); const { 5usize + 5usize - 1usize }] { join(l, r) }", 2404},
    {"pub fn main(l: [(u8, u16); 8], r: [(u8, u16); 8]) -> [(bool, (u8, u16), (u8, u16)); const { 8usize + 8usize - 1usize }] { join(l, r) }", 5412},
    {"pub fn main(l: [(u32, u32); 1], r: [(u32, u32); 1]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s ^ (x & y); } s }", 159},
    {"pub fn main(l: [(u32, u32); 2], r: [(u32, u32); 2]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s ^ (x & y); } s }", 676},
    {"pub fn main(l: [(u32, u32); 3], r: [(u32, u32); 3]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s ^ (x & y); } s }", 1160},
    {"pub fn main(l: [(u32, u32); 4], r: [(u32, u32); 4]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s ^ (x & y); } s }", 1840},
    {"pub fn main(l: [(u32, u32); 8], r: [(u32, u32); 8]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s ^ (x & y); } s }", 4560},
    {"pub fn main(l: [(u32, u32); 1], r: [(u32, u32); 1]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s + x + y; } s }", 222},
    {"pub fn main(l: [(u32, u32); 2], r: [(u32, u32); 2]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s + x + y; } s }", 1069},
    {"pub fn main(l: [(u32, u32); 3], r: [(u32, u32); 3]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s + x + y; } s }", 1883},
    {"pub fn main(l: [(u32, u32); 4], r: [(u32, u32); 4]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s + x + y; } s }", 2893},
    {"pub fn main(l: [(u32, u32); 8], r: [(u32, u32); 8]) -> u32 { let mut s = 0u32; for ((_, x), (_, y)) in join_iter(l, r) { s = s + x + y; } s }", 6933},
};
/* clang-format on */

#define N_VECTORS    (sizeof vectors / sizeof *vectors)
#define N_AND_COUNTS (sizeof and_counts / sizeof *and_counts)

static uint64_t count_and_gates(const char *source)
{
    const lang_case c = {.source = source};
    char outcome[CASE_MAX_OUTCOME];
    pt_program *program = NULL;
    if (case_compile(&program, outcome, &c) != PT_OK)
        fail_msg("%s\n%s", source, outcome);
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, pt_program_circuit(program));
    pt_program_free(program);
    return stats.and_gates;
}

static void circuits_have_no_more_and_gates_than_garbles(void **state)
{
    (void)state;
    double sum = 0;
    size_t n_counted = 0, n_worse = 0;
    for (size_t i = 0; i < N_AND_COUNTS; i++) {
        const uint64_t ands = count_and_gates(and_counts[i].source);
        if (ands > and_counts[i].garble) {
            n_worse++;
            print_error("%llu AND gates, Garble has %llu: %s\n", (unsigned long long)ands,
                        (unsigned long long)and_counts[i].garble, and_counts[i].source);
        }
        if (and_counts[i].garble > 0) {
            sum += (double)ands / (double)and_counts[i].garble;
            n_counted++;
        }
    }
    print_message("AND gates, mean of ours / Garble's over %zu programs: %.3f\n", n_counted,
                  sum / (double)n_counted);
    assert_int_equal(n_worse, 0);
}

int main(void)
{
    const struct CMUnitTest counts[] = {
        cmocka_unit_test(circuits_have_no_more_and_gates_than_garbles),
    };
    const int n_failed = case_run_all("lang.appendix_b", vectors, N_VECTORS);
    return n_failed + cmocka_run_group_tests_name("lang.appendix_a", counts, NULL, NULL);
}
