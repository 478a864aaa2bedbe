// The library from C++: compiles a program and evaluates it in the clear.
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <polytune/polytune.h>

struct Free {
    void operator()(pt_program *program) const { pt_program_free(program); }
};

int main()
{
    const char source[] = "pub fn main(a: u8, b: u8) -> u8 { a + b }";
    pt_compile_options options = {};
    options.source = source;
    options.source_len = std::strlen(source);
    pt_program *compiled = nullptr;
    pt_error error;
    pt_error_clear(&error);
    if (pt_program_compile(&compiled, nullptr, &options, &error) != PT_OK) {
        std::fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    const std::unique_ptr<pt_program, Free> program(compiled);
    const pt_circuit *circuit = pt_program_circuit(program.get());
    std::printf("version %s: %zu parties, %zu output bits\n", pt_version(), pt_circuit_parties(circuit),
                pt_circuit_output_bits(circuit));
    return pt_circuit_parties(circuit) == 2 ? 0 : 1;
}
