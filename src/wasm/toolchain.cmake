# clang, lld and wasi-libc of Debian, for WebAssembly. Without the two include flags clang also looks in the building
# machine's own /usr/include.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang-14)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_AR llvm-ar-14)
set(CMAKE_RANLIB llvm-ranlib-14)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# Without the thread model flag bulk memory asks for threads; no -O when linking, which would run any wasm-opt in PATH.
set(CMAKE_C_FLAGS_INIT "-isystem /usr/include/wasm32-wasi -msimd128 -mbulk-memory -ftls-model=local-exec -D_WASI_EMULATED_SIGNAL")
add_compile_options(-nostdlibinc) # not among the flags, for the linker would warn that it has no use for it
