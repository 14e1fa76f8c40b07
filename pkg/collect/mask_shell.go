package collect

import "strings"

// command masks args and commands: flags and well-known words stay, all other
// words become tokens, also those after a flag that takes a credential.
func (m *masker) command(node any) any {
	list, ok := node.([]any)
	if !ok {
		if text, ok := node.(string); ok {
			return m.script(text)
		}
		return m.all(node)
	}
	before := ""
	for i, entry := range list {
		text, ok := entry.(string)
		if !ok {
			list[i], before = m.all(entry), ""
			continue
		}
		switch isScript := strings.ContainsAny(text, " \t\n;|&()<>\"'`"); {
		case !isScript || isReference(text):
			list[i] = m.word(before, text)
		case takesCredential(before):
			list[i] = m.hide(text)
		default:
			list[i] = m.script(text)
		}
		before = text
	}
	return list
}

// longScript is the length in bytes above which a script is cut to its telling lines.
const longScript = 400

// script masks a shell command line. Of a long script only the lines with a
// telling command stay, and one token for the whole.
func (m *masker) script(text string) string {
	if len(text) <= longScript {
		return m.line(text)
	}
	var b strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		if tells(line) && len(line) <= 2*longScript {
			b.WriteString(m.line(strings.Join(strings.Fields(line), " ")) + "\n")
		}
	}
	return b.String() + m.token(text)
}

func tells(line string) bool {
	for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" \t\"'();|&", r) }) {
		if tellingWords[word] {
			return true
		}
	}
	return false
}

// separators end a word of a shell command line.
const separators = " \t\n\"'`;|&()<>\\"

// line masks a command line word by word. Neighbouring words that are hidden become one token.
func (m *masker) line(text string) string {
	var b strings.Builder
	before, hidden := "", "" // hidden: raw text waiting to become one token
	gap := ""                // separators seen since
	flush := func() {
		if hidden != "" {
			b.WriteString(m.token(hidden))
		}
		b.WriteString(gap)
		hidden, gap = "", ""
	}
	for i := 0; i < len(text); {
		if strings.IndexByte(separators, text[i]) >= 0 {
			gap += text[i : i+1]
			i++
			continue
		}
		word := nextWord(text[i:])
		i += len(word)
		masked := m.word(before, word)
		switch blank := strings.Trim(gap, " ") == ""; {
		case masked == word:
			flush()
			b.WriteString(word)
		case masked != m.token(word) || takesCredential(before) || !blank || hidden == "":
			flush()
			if masked == m.token(word) {
				hidden = word
			} else {
				b.WriteString(masked)
			}
		default:
			hidden, gap = hidden+gap+word, ""
		}
		before = word
	}
	flush()
	return b.String()
}

// nextWord is the word a text begins with. $(NAME) and ${NAME} are part of it.
func nextWord(text string) string {
	i := 0
	for i < len(text) {
		if text[i] == '$' && i+1 < len(text) && (text[i+1] == '(' || text[i+1] == '{') {
			if end := strings.IndexAny(text[i:], ")}"); end > 0 && isReference(text[i:i+end+1]) {
				i += end + 1
				continue
			}
			if text[i+1] == '(' { // a command substitution: what is inside is masked by itself
				return text[:max(i, 1)]
			}
		}
		if strings.IndexByte(separators, text[i]) >= 0 {
			break
		}
		i++
	}
	return text[:max(i, 1)]
}

// word masks one word of a command, given the word before it.
func (m *masker) word(before, word string) string {
	switch {
	case word == "" || isReference(word) || isShellVariable(word):
		return word
	case takesCredential(before) && !isFlag(word) && !(len(before) == 2 && isKnownPath(word)):
		return m.token(word)
	case shellWords[word], isFlag(word), isKnownPath(word), len(word) <= 5 && isShortNumber(word), isMark(word):
		return word
	case (before == "-r" || before == "--role") && roles[word], isLocal(word), onlyReferences(word):
		return word
	}
	if flag, value, found := strings.Cut(word, "="); found && isFlag(flag) {
		if smells(flag) && !isReference(value) {
			return flag + "=" + m.hide(value)
		}
		return flag + "=" + m.word("", value)
	}
	if name, value, found := strings.Cut(word, "="); found && isEnvName(name) && strings.Contains(name, "_") {
		return name + "=" + m.envValue(name, value)
	}
	if scheme, rest, found := strings.Cut(word, "://"); found && isScheme(scheme) && (rest == "" || onlyReferences(rest)) {
		return word
	}
	return m.text(word)
}

// isMark says that a word is punctuation: what stands between two variables, or an operator.
func isMark(word string) bool {
	return len(word) <= 3 && strings.Trim(word, ":/@?._-,=+%!~^*#{}[]") == ""
}

// isFlag says that a word is a flag and nothing else: -x or --long-name.
func isFlag(word string) bool {
	if name, long := strings.CutPrefix(word, "--"); long {
		return len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-_.") == ""
	}
	return len(word) == 2 && word[0] == '-' && (isLetterOrDigit(word[1]) || word[1] == '-') || word == "-"
}

// takesCredential says that what follows a flag may be a user's name or a password.
func takesCredential(flag string) bool {
	if strings.HasPrefix(flag, "--") {
		return !strings.Contains(flag, "=") && smells(flag)
	}
	return flag == "-p" || flag == "-u" || flag == "-U" || flag == "-a" || flag == "-W"
}

// isShellVariable says that a word is $NAME, $1, $@ or the like.
func isShellVariable(word string) bool {
	name, found := strings.CutPrefix(word, "$")
	return found && (name == "" || isEnvName(name) && strings.Contains(name, "_") || strings.Contains("@*#?0123456789", name) && len(name) == 1)
}

// onlyReferences says that a word is made of variables and the marks of an address.
func onlyReferences(word string) bool {
	found := false
	for word != "" {
		if word[0] == '$' {
			end := strings.IndexAny(word, ")}")
			if end < 0 || !isReference(word[:end+1]) {
				return false
			}
			word, found = word[end+1:], true
			continue
		}
		if strings.IndexByte(":/@?._-,", word[0]) < 0 {
			return false
		}
		word = word[1:]
	}
	return found
}

// isLocal says that a word is this very pod's address, with a port or without.
func isLocal(word string) bool {
	host, port, found := strings.Cut(word, ":")
	return (host == "localhost" || host == "127.0.0.1" || host == "0.0.0.0" || host == "") && (!found || isPort(port)) && word != ""
}

// isKnownPath says that a word is a path below a directory that images and charts use.
func isKnownPath(word string) bool {
	if len(word) > 128 || !strings.HasPrefix(word, "/") {
		return false
	}
	top, _, _ := strings.Cut(word[1:], "/")
	if !topDirectories[top] {
		return false
	}
	for i := range len(word) {
		if c := word[i]; !isLetterOrDigit(c) && strings.IndexByte("/._-", c) < 0 {
			return false
		}
	}
	return !holdsCredential(word)
}
