# Reads what coverlet wrote of each test project (lcov) and writes a table: of the lines and branches of each assembly below `root`, how
# many ran in any of them. Ends with 1 where less than `floor` percent of all lines did.

/^SF:/ {
  file = substr($0, 4)
  assembly = ""
  if (index(file, root) == 1) {
    assembly = substr(file, length(root) + 1)
    sub(/[\/\\].*/, "", assembly)
  }
}

assembly == "" { next }

/^DA:/ {
  split(substr($0, 4), part, ",")
  key = file ":" part[1]
  if (!(key in line)) { line[key] = 0; lines[assembly]++ }
  if (part[2] > 0 && !line[key]) { line[key] = 1; ran[assembly]++ }
}

/^BRDA:/ {
  split(substr($0, 6), part, ",")
  key = file ":" part[1] ":" part[2] ":" part[3]
  if (!(key in branch)) { branch[key] = 0; branches[assembly]++ }
  if (part[4] != "-" && part[4] > 0 && !branch[key]) { branch[key] = 1; taken[assembly]++ }
}

function share(all, some) { return all ? sprintf("%.1f %%", 100 * some / all) : "" }

function row(name, l, r, b, t) {
  printf "| %s | %d | %s | %d | %s |\n", name, l, share(l, r), b, share(b, t)
}

END {
  print "| assembly | lines | run | branches | run |"
  print "| --- | --- | --- | --- | --- |"
  for (name in lines) {
    sorted[++count] = name
    for (i = count; i > 1 && sorted[i] < sorted[i - 1]; i--) { swap = sorted[i]; sorted[i] = sorted[i - 1]; sorted[i - 1] = swap }
  }
  for (i = 1; i <= count; i++) {
    name = sorted[i]
    row(name, lines[name], ran[name], branches[name], taken[name])
    allLines += lines[name]; allRan += ran[name]; allBranches += branches[name]; allTaken += taken[name]
  }
  row("all", allLines, allRan, allBranches, allTaken)
  if (!allLines || 100 * allRan / allLines < floor) exit 1
}
