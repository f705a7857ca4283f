using System.Globalization;
using System.Text.RegularExpressions;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Words the error for a prompt that is too long as Anthropic does, whichever provider refused it: this format has no code for it, so its
/// clients recognise the wording and shorten the conversation.
/// </summary>
internal static partial class PromptTooLong
{
    private const string Words = "prompt is too long";

    // Also Anthropic's own: the prompt itself fits, and the client uses the numbers that follow to ask for a shorter answer.
    private const string WithAnswer = "input length and `max_tokens` exceed context limit";

    // Smaller numbers are a status or a line number.
    private const long LeastTokens = 500;

    /// <summary>The error's message; for a prompt that is too long with Anthropic's words before it.</summary>
    public static string Message(CallError error)
    {
        if (!Faults.IsContextLength(error.Code) || error.Message.Contains(Words, StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains(WithAnswer, StringComparison.OrdinalIgnoreCase))
        {
            return error.Message;
        }

        return Counts(error.Message) is { } counts
            ? string.Create(CultureInfo.InvariantCulture, $"{Words}: {counts.Asked} tokens > {counts.Most} maximum. {error.Message}")
            : $"{Words}. {error.Message}";
    }

    /// <summary>The tokens requested and the maximum: in such messages the largest number and the second largest.</summary>
    private static (long Asked, long Most)? Counts(string message)
    {
        var (asked, most) = (0L, 0L);
        foreach (var match in Number().EnumerateMatches(message))
        {
            var digits = message.Substring(match.Index, match.Length).Replace(",", "", StringComparison.Ordinal);
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < LeastTokens)
                continue;
            if (number > asked)
                (asked, most) = (number, asked);
            else if (number < asked && number > most)
                most = number;
        }

        return most > 0 ? (asked, most) : null;
    }

    [GeneratedRegex(@"(?<![\w.])[0-9]{1,3}(?:,[0-9]{3})+(?![\w])|(?<![\w.])[0-9]{3,12}(?![\w])", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
