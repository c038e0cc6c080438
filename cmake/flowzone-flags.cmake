# Warnings, sanitizers and hardening for every target.
option(FLOWZONE_WERROR "Warnings are errors" OFF)
option(FLOWZONE_SANITIZE "Address and undefined-behaviour sanitizers" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
  -Wformat=2 -Wvla -Wundef -Wcast-qual -fstack-protector-strong)
add_compile_definitions(_GNU_SOURCE FZ_VERSION="${PROJECT_VERSION}")
add_link_options(-Wl,-z,relro,-z,now)
if(FLOWZONE_WERROR)
  add_compile_options(-Werror)
endif()
if(FLOWZONE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
else()
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()
