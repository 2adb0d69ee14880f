# Writes the shipped tables into one source file, so that no program needs them on disk.
#   cmake -DTABLES=dir -DOUT=file.cpp -P embed.cmake
set(text "// Made from market/reference/tables by embed.cmake.\n#include \"reference/tables.hpp\"\n\nnamespace spillway {\n\n")
string(APPEND text "TableTexts shipped_table_texts() {\n  TableTexts texts;\n")
foreach(name IN ITEMS places classes tiers models aliases)
  file(READ ${TABLES}/${name}.csv content)
  string(APPEND text "  texts.${name} = R\"spillway(${content})spillway\";\n")
endforeach()
string(APPEND text "  return texts;\n}\n\n}  // namespace spillway\n")
file(WRITE ${OUT} "${text}")
