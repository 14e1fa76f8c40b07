package emit

// CommandLine writes a command's words as a shell takes them.
func CommandLine(words []string) string { return shell(words) }
