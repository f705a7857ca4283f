using System.Buffers;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Extra headers are legal HTTP: no header injection by line breaks, no header that frames the body.</summary>
internal sealed class HeaderValidator : IConfigurationValidator
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer",
    };

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known) =>
        from provider in options.Providers
        from header in provider.Value.Headers
        let problem = Check(header.Key, header.Value)
        where problem is not null
        select new ValidationFinding(
            Combine("providers", provider.Key, "headers", header.Key), $"the header '{DisplayName(header.Key)}' {problem}");

    private static string? Check(string name, string value)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(TokenCharacters))
            return "has a name that HTTP does not allow";
        if (Framing.Contains(name))
            return "is set by the connection itself and cannot be configured";
        if (value.Trim().Any(char.IsControl))
            return "has a value with a line break or another control character";
        return value.Any(letter => letter > '~') && !SecretReference.TryRead(value, out _)
            ? "has a value with a character that is not ASCII, which cannot be sent"
            : null;
    }
}
