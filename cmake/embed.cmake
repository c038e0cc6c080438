# cmake -D IN=FILE -D OUT=FILE.c -D NAME=NAME -P embed.cmake: a C file with the array `const char NAME[]`, the text of a style or a
# script in ASCII, and a NUL; without comments that fill whole lines, indentation and empty lines, which readers of the source need and no browser does.
file(READ ${IN} text)
string(REGEX REPLACE "/\\*[^*]*(\\*+[^*/]+)*\\*+/" "" text "${text}")
string(REGEX REPLACE "(^|\n) *//[^\n]*" "\\1" text "${text}")
string(REGEX REPLACE "\n[ \n]+" "\n" text "${text}")
string(STRIP "${text}" text)
file(WRITE ${OUT}.text "${text}\n")
file(READ ${OUT}.text hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
get_filename_component(file ${IN} NAME)
file(WRITE ${OUT} "/* Made of ${file} by cmake/embed.cmake. */\nextern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0};\n")
