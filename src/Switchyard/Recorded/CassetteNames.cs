using Switchyard.Calls;

namespace Switchyard.Recorded;

/// <summary>The names under which calls are recorded: each is a folder, so that none may lead out of the one that is configured.</summary>
internal static class CassetteNames
{
    private const int Longest = 64;

    /// <summary>A name that a request gives, once it was checked; null for none.</summary>
    /// <exception cref="CallException">It cannot be a folder's (<see cref="CallErrorKind.InvalidRequest"/>).</exception>
    public static string? Read(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return null;
        var text = name.Trim();
        return text.Length <= Longest && char.IsAsciiLetterOrDigit(text[0]) && text.All(IsLegal) && !text.EndsWith('.')
            ? text
            : throw new CallException(new CallError(
                CallErrorKind.InvalidRequest,
                $"The value of {AnswerFacts.Record} is no name of a recording. It is at most {Longest} letters, digits, '.', '-' and "
                + "'_', and begins with a letter or a digit.")
            {
                Param = AnswerFacts.Record,
            });
    }

    /// <summary>The folder of an alias, which may have any letters.</summary>
    public static string Of(string alias)
    {
        var name = string.Concat(alias.Take(Longest).Select(letter => IsLegal(letter) ? letter : '_')).Trim('.');
        return name.Length == 0 || !char.IsAsciiLetterOrDigit(name[0]) ? $"alias-{name.TrimStart('-', '_', '.')}" : name;
    }

    private static bool IsLegal(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_';
}
