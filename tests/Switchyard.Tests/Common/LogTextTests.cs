using Switchyard.Common;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Common;

/// <summary>Untrusted text in a log.</summary>
public sealed class LogTextTests
{
    [Covers("H10")]
    [Theory]
    [InlineData("a\r\nb\tc", @"a\r\nb\tc")]
    [InlineData("\u001b[2J", @"\u001b[2J")]
    [InlineData("\0\u007f\u009b", @"\u0000\u007f\u009b")]
    [InlineData("\u2028\u2029", @"\u2028\u2029")]
    [InlineData("\u202eevil\u202c \u2066x\u2069 \u200f \ufeff", @"\u202eevil\u202c \u2066x\u2069 \u200f \ufeff")]
    public void What_could_end_a_line_or_move_a_terminal_is_escaped(string text, string safe) => Assert.Equal(safe, LogText.Escape(text));

    [Covers("H10")]
    [Theory, InlineData("gpt-4o"), InlineData("Größe 你好 👩‍👩‍👧"), InlineData("")]
    public void Other_text_stays_as_it_is(string text) => Assert.Same(text, LogText.Escape(text));
}
