"""No branch, no address and no division depends on what the x86-64 kernels compute with: read from their machine code.

Valgrind, which shows that for the whole protocol (tests/mpc/test_ctime.c), knows neither VAES nor AVX-512 and so runs the narrow
kernels only. These here are loops around vector instructions; so it is enough to follow where vectors and memory could get into
flags, addresses or general registers. Per function, over all its paths until nothing changes:

- every vector register and all memory is secret, but: what is read-only in the object, what is read through a pointer to
  something public (PUBLIC_POINTERS), and slots of the stack to which a public general register was stored last;
- arguments of functions (pointers, counts, tweaks) are public, those on the stack too, but for blocks given by value
  (SECRET_ARGUMENTS);
- a general register is as secret as what it was computed from; so are flags, and masks (k1..k7), which only come from general
  registers: instructions that turn vectors into masks or flags are not on the list of those that are known;
- wrong is a conditional jump, a conditional move or a carry on secret flags, an address of secret registers, a secret mask, and
  any instruction that is not known: gathers, divisions, vptest and indirect jumps among them.

Arguments: object files, as compiled. Needs objdump.
"""
import re
import subprocess
import sys

PUBLIC, TO_PUBLIC, SECRET = range(3)  # TO_PUBLIC: a public pointer to something public

# Functions by the beginning of their name, and the argument that points to something public: the batch of aes_x86_impl.h has S,
# which all parties know, tweaks, counts and masks.
PUBLIC_POINTERS = {"hash_columns_": "rdx"}
# Blocks that are given by value, in two registers each (gf128_backend.h). hash_tweaks' S is public.
SECRET_ARGUMENTS = {"mul_blocks": ("rdi", "rsi", "rdx", "rcx"), "powers": ("rsi", "rdx", "rcx", "r8")}

WORDS = {}  # every name of a general register: its 64-bit one
for _old in ("ax", "bx", "cx", "dx"):
    WORDS.update({f"r{_old}": f"r{_old}", f"e{_old}": f"r{_old}", _old: f"r{_old}", f"{_old[0]}l": f"r{_old}", f"{_old[0]}h": f"r{_old}"})
for _old in ("si", "di", "bp", "sp"):
    WORDS.update({f"r{_old}": f"r{_old}", f"e{_old}": f"r{_old}", _old: f"r{_old}", f"{_old}l": f"r{_old}"})
for _n in range(8, 16):
    WORDS.update({f"r{_n}{end}": f"r{_n}" for end in ("", "d", "w", "b")})

MOVES = re.compile(r"mov[abslqwzd]*$|movabs$|lea[ql]?$")
SUMS = re.compile(r"(add|sub|and|or|xor|imul|neg|not|shl|shr|sar|sal|rol|ror|inc|dec|bts|btr)[qlwb]?$")
COMPARES = re.compile(r"(cmp|test|bt)[qlwb]?$")
ON_FLAGS = re.compile(r"(j(?!mp|[er]cxz)|cmov|set|adc|sbb)[a-z]+$")
# Vectors to vectors, or between vectors and memory or general registers; none has an address of vectors or makes flags or masks.
VECTORS = re.compile(
    r"v?(aesenc|aesenclast|aeskeygenassist|xorp[sd]|por[dq]?|p?and[n]?[dq]?|pternlog[dq]|pxor[dq]?"
    r"|movdq[au](8|16|32|64)?|movap[sd]|movup[sd]|mov[dq]|movhp[sd]|movlp[sd]|movlhps|movhlps|lddqu"
    r"|punpck[lh](bw|wd|dq|qdq)|unpck[lh]p[sd]|pshuf(b|d|lw|hw)|shufp[sd]|shuf[if](32x4|64x2)|palignr|perm2[if]128|permq|permd|permilp[sd]|pblendd|blendp[sd]|pblendw"
    r"|broadcast[ifs]?(32x4|64x2|128|s|d)?|pbroadcast[bwdq]|insert[if](128|32x4|64x2)|extract[if](128|32x4|64x2)|pins[r][bwdq]|pextr[bwdq]"
    r"|p(add|sub)[bwdq]|ps[lr]l[dqw]|ps[lr]ldq|psra[dw]|psllv[dq]|psrlv[dq]|align[dq]|pclmul(lql|hql|lqh|hqh)qdq|pclmulqdq|zeroupper)$")
FREE = re.compile(r"(v?zeroupper|nop[wl]?|data16|cs|endbr64|ret[q]?|leave|xchg)$")


def operands(text):
    """What the commas separate, but not those within brackets."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text)] if text else []


def registers(text):
    return re.findall(r"%(\w+)", text)


class Function:
    def __init__(self, name, lines, beginnings):
        self.name = name
        self.beginnings = beginnings  # of all functions of the object
        self.code = lines  # (address, mnemonic, operands)
        self.place = {address: i for i, (address, _, _) in enumerate(lines)}
        self.wrong = []
        # What a function that aligns its frame finds its arguments on the stack by.
        self.to_arguments = next((first for (_, name, first), (_, then, aligned) in zip(lines[:2], lines[1:])
                                  if name == "lea" and re.match(r"0x(8|10)\(%rsp\)", first[0]) and then == "and" and aligned[-1] == "%rsp"), None)
        self.bases = "rsp|rbp" if any(ops == ["%rsp", "%rbp"] for _, _, ops in lines) else "rsp"

    def slots(self, operand, size):
        """The 8-byte slots of the stack frame that an operand is; none if it is somewhere else."""
        match = re.match(rf"(-?0x[0-9a-f]+)?\(%({self.bases})\)$", operand)
        if not match:
            return []
        at = int(match[1] or "0", 16)
        return [(match[2], chunk) for chunk in range(at // 8, (at + size - 1) // 8 + 1)]

    def complain(self, i, what):
        address, mnemonic, ops = self.code[i]
        self.wrong.append(f"{self.name}+{address:x}: {mnemonic} {','.join(ops)}: {what}")

    def value(self, state, operand):
        """How secret what an operand reads is."""
        if operand.startswith("$"):
            return PUBLIC
        if "(" not in operand and not operand.startswith("%fs:"):
            names = registers(operand)
            if not names:
                return SECRET
            return state.get(WORDS[names[0]], PUBLIC) if names[0] in WORDS else (state.get(names[0], PUBLIC) if names[0][0] == "k" else SECRET)
        if "%rip" in operand or operand.startswith("%fs:"):  # constants; the stack protector's word
            return PUBLIC
        slots = self.slots(operand, 8)
        if slots:
            return max(state.get(slot, unwritten(slot)) for slot in slots)
        base = registers(operand)[0]
        return PUBLIC if state.get(WORDS[base], PUBLIC) == TO_PUBLIC else SECRET

    def check_addresses(self, i, state, ops):
        for operand in ops:
            if "(" in operand and any(state.get(WORDS.get(name, name), PUBLIC) == SECRET for name in registers(operand) if name != "rip"
                                      and name[0] != "k"):
                self.complain(i, "an address that depends on a secret")
            for name in re.findall(r"\{%(k\d)\}", operand):
                if state.get(name, PUBLIC) == SECRET:
                    self.complain(i, "a mask that depends on a secret")

    def write(self, state, operand, value, size=8):
        operand = re.sub(r"\{.*", "", operand)
        slots = self.slots(operand, size)
        if slots:
            state.update((slot, value) for slot in slots)
        elif "(" not in operand:
            for name in registers(operand)[:1]:
                if name in WORDS or name[0] == "k":
                    state[WORDS.get(name, name)] = value

    def moved(self, state, mnemonic, ops):
        """What a move puts into its destination."""
        if not mnemonic.startswith("lea"):
            return self.value(state, ops[0])
        if "%rip" in ops[0] or ops == self.to_arguments:
            return TO_PUBLIC
        return max((state.get(WORDS[name], PUBLIC) for name in registers(ops[0])), default=PUBLIC)

    def step(self, i, state):
        """Changes the state as the instruction does; whether what follows is reached, and where it jumps."""
        _, mnemonic, ops = self.code[i]
        if mnemonic == "lea" or not FREE.match(mnemonic):
            self.check_addresses(i, state, ops if not mnemonic.startswith("lea") else [])
        if mnemonic == "jmp" or ON_FLAGS.match(mnemonic):
            if mnemonic != "jmp" and state.get("flags", PUBLIC) == SECRET:
                self.complain(i, "depends on flags of a secret")
            if mnemonic.startswith("j"):
                target = re.match(r"([0-9a-f]+)", ops[0])
                if mnemonic == "jmp" and target and int(target[1], 16) in self.beginnings - {self.code[0][0]}:
                    return False, None  # a call that is the last thing done
                if not target or int(target[1], 16) not in self.place:
                    self.complain(i, "a jump to somewhere else")
                    return False, None
                return mnemonic != "jmp", self.place[int(target[1], 16)]
            self.write(state, ops[-1], max(self.value(state, operand) for operand in ops))
        elif MOVES.match(mnemonic) and not any(name[1:3] == "mm" for name in registers(",".join(ops))):
            self.write(state, ops[-1], self.moved(state, mnemonic, ops))
        elif SUMS.match(mnemonic):
            # Zero, whatever it was.
            value = PUBLIC if mnemonic.startswith("xor") and ops[0] == ops[-1] else max(self.value(state, operand) for operand in ops)
            state["flags"] = value
            self.write(state, ops[-1], value)
        elif COMPARES.match(mnemonic):
            state["flags"] = max(self.value(state, operand) for operand in ops)
        elif VECTORS.match(mnemonic):
            if len(ops) > 1:
                self.write(state, ops[-1], SECRET, {"x": 16, "y": 32, "z": 64}.get(ops[-2][1], 8))
        elif re.match(r"kmov[bwdq]$", mnemonic):
            self.write(state, ops[-1], self.value(state, ops[0]))
        elif mnemonic == "call":
            if ops[0].startswith("*") and self.value(state, ops[0][1:]) == SECRET and not self.slot_table(ops[0]):
                self.complain(i, "a call that depends on a secret")
            for name in ("rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"):
                state[name] = PUBLIC  # nothing here returns a secret in a register
        elif mnemonic == "push":
            pass
        elif mnemonic == "pop":
            state[WORDS[registers(ops[0])[0]]] = PUBLIC  # as it came
        elif not FREE.match(mnemonic):
            self.complain(i, "not an instruction that is known")
        return not mnemonic.startswith("ret"), None

    @staticmethod
    def slot_table(operand):
        """A table of functions on the stack: who calls has put it there, and what chooses is checked as an address."""
        return "(%rsp," in operand

    def run(self):
        start = {}
        for beginning, register in PUBLIC_POINTERS.items():
            if self.name.startswith(beginning):
                start[register] = TO_PUBLIC
        for beginning, names in SECRET_ARGUMENTS.items():
            if self.name.startswith(beginning):
                start.update((name, SECRET) for name in names)
        states, waiting = {0: start}, [0]
        while waiting:
            i = waiting.pop()
            state = dict(states[i])
            falls, target = self.step(i, state)
            for following in ([i + 1] if falls and i + 1 < len(self.code) else []) + ([target] if target is not None else []):
                if following not in states:
                    merged = dict(state)
                else:
                    known = states[following]
                    merged = {key: join(known.get(key, unwritten(key)), state.get(key, unwritten(key))) for key in {**known, **state}}
                if states.get(following) != merged:
                    states[following] = merged
                    waiting.append(following)
        return sorted(set(self.wrong)), len(states)


def unwritten(key):
    """Arguments are in registers and above the frame; what else the stack holds is anybody's guess."""
    return SECRET if isinstance(key, tuple) and not (key[0] == "rbp" and key[1] >= 2) else PUBLIC


def join(a, b):
    """A pointer to something public that may be another one is just public."""
    return SECRET if SECRET in (a, b) else a if a == b else PUBLIC


def parse(text):
    functions, name, lines = [], None, []
    beginnings = {int(head, 16) for head in re.findall(r"^([0-9a-f]+) <.*>:", text, re.M)}
    for line in text.splitlines() + ["0 <end>:"]:
        head = re.match(r"[0-9a-f]+ <(.*)>:", line)
        if head:
            if lines:
                functions.append(Function(name, lines, beginnings))
            name, lines = head[1], []
        code = re.match(r" *([0-9a-f]+):\s+(?:(?:data16|cs|bnd) )*([a-z0-9]+)\s*(.*)", line)
        if code:
            rest = re.sub(r"\s*(#.*|<.*)$", "", code[3])
            lines.append((int(code[1], 16), code[2], operands(rest)))
    return functions


def check(text):
    wrong, reached, seen = [], 0, 0
    for function in parse(text):
        complaints, n = function.run()
        wrong += complaints
        reached += n
        seen += len(function.code)
    return wrong, reached, seen


def bites():
    """What must be found, and what must not."""
    def wrong(code, name="f"):
        lines = [line.strip() for line in code.split(";")]
        return len(check(f"0 <{name}>:\n" + "\n".join(f" {i:x}:\t{line}" for i, line in enumerate(lines)))[0])
    bad = ["vmovq %xmm0,%rax;test %rax,%rax;jne 0 <f>;ret", "mov (%rdi),%rax;mov (%rsi,%rax,8),%rcx;ret", "mov (%rdi),%rax;add $0x1,%rax;jae 0 <f>;ret",
           "vptest %xmm0,%xmm0;je 0 <f>;ret", "vpgatherdd %xmm0,(%rax,%xmm1,4),%xmm2;ret", "mov (%rdi),%eax;div %ecx;ret",
           "vmovdqa %ymm0,0x20(%rsp);mov 0x28(%rsp),%rax;cmp $0x1,%rax;jb 0 <f>;ret", "mov (%rdi),%eax;kmovw %eax,%k1;vmovdqu64 (%rsi),%zmm0{%k1}{z};ret",
           "mov (%rdi),%rax;cmp %rcx,%rax;cmovb %rcx,%rdx;ret", "mov (%rdi),%rax;mov %rax,0x8(%rsp);mov 0x8(%rsp),%rcx;shl $0x4,%rcx;movzbl (%rsi,%rcx,1),%eax;ret",
           "push %r13;lea 0x10(%rsp),%r13;sub $0x20,%rsp;mov (%r13),%eax;cmp $0x1,%eax;jbe 0 <f>;ret",
           "jmp *%rax", "rep movsq %ds:(%rsi),%es:(%rdi);ret", "jrcxz 0 <f>;ret", "cmp %rsi,%rdi;jne 5 <f>;mov (%rdx),%rsi;jmp 0 <f>;nop;ret"]
    good = ["cmp %rsi,%rdi;jb 0 <f>;ret", "mov (%rdi),%rax;vmovq %rax,%xmm0;vmovdqu %xmm0,(%rsi);ret", "mov (%rdi),%rax;xor %eax,%eax;test %rax,%rax;je 0 <f>;ret",
            "mov %rsi,0x8(%rsp);mov 0x8(%rsp),%rcx;movzbl (%rdi,%rcx,1),%eax;mov %al,(%rdx);ret"]
    good += ["push %r13;lea 0x10(%rsp),%r13;and $0xffffffffffffffe0,%rsp;mov (%r13),%eax;cmp $0x1,%eax;jbe 0 <f>;ret"]
    by_value = "test %rdi,%rdi;jne 0 <f>;ret"
    good += [by_value] if wrong(by_value, "mul_blocks") else []
    other = "\n9 <g>:\n 9:\tret"
    good += ["jmp 9 <g>" + other]
    bad += ["jmp 8 <f+0x8>" + other, "test %rdi,%rdi;jne 9 <g>" + other]
    bad += [] if wrong(by_value, "mul_blocks") else [by_value]
    return [code for code in bad if wrong(code) == 0] + [code for code in good if wrong(code) != 0]


def main(objects):
    failed = [f"the check itself is wrong about: {code}" for code in bites()]
    for path in objects:
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--wide", path], text=True, capture_output=True, check=True).stdout
        wrong, reached, seen = check(text)
        failed += [f"{path}: {complaint}" for complaint in wrong]
        # Padding between functions is never reached.
        if reached < seen * 0.9 or seen < 100:
            failed.append(f"{path}: only {reached} of {seen} instructions were followed")
        print(f"{path.rsplit('/', 1)[-1]}: {reached} of {seen} instructions followed")
    print("\n".join(failed[:60]))
    return 1 if failed or not objects else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
