using Switchyard.Calls;

namespace Switchyard.Recorded;

/// <summary>The names under which calls are recorded. Each is a folder, which must be inside the configured one.</summary>
internal static class CassetteNames
{
    private const int Longest = 64;

    /// <summary>Validates the name in a request; null for none.</summary>
    /// <exception cref="CallException">It is not a valid folder name (<see cref="CallErrorKind.InvalidRequest"/>).</exception>
    public static string? Read(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return null;
        var text = name.Trim();
        return text.Length <= Longest && char.IsAsciiLetterOrDigit(text[0]) && text.All(IsLegal) && !text.EndsWith('.')
            ? text
            : throw new CallException(new CallError(
                CallErrorKind.InvalidRequest,
                $"The value of {AnswerFacts.Record} is not a recording's name. Send at most {Longest} letters, digits, '.', '-' and "
                + "'_', beginning with a letter or a digit.")
            {
                Param = AnswerFacts.Record,
            });
    }

    /// <summary>The folder of an alias, whose name may have any characters.</summary>
    public static string Of(string alias)
    {
        var name = string.Concat(alias.Take(Longest).Select(letter => IsLegal(letter) ? letter : '_')).Trim('.');
        return name.Length == 0 || !char.IsAsciiLetterOrDigit(name[0]) ? $"alias-{name.TrimStart('-', '_', '.')}" : name;
    }

    private static bool IsLegal(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_';
}
