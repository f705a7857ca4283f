using System.Text;
using Microsoft.Net.Http.Headers;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// Parses the headers of one part, line by line, for the field's name and whether it is a file. Ambiguous headers are rejected, because a
/// form's model must be the same one for us and for the provider.
/// </summary>
internal sealed class PartHeaders
{
    private const string Disposition = "Content-Disposition";
    private const string TransferEncoding = "Content-Transfer-Encoding";

    private bool _encoded;

    /// <summary>The field's name; null until <c>Content-Disposition</c> has been read.</summary>
    public string? Name { get; private set; }

    /// <summary>Whether the part is a file: it has a parameter <c>filename</c> or <c>filename*</c>.</summary>
    public bool IsFile { get; private set; }

    /// <summary>Reads one line, without its line break.</summary>
    public void Take(ReadOnlySpan<byte> line)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
            throw MultipartErrors.Broken("a part's header continues on a second line");
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
            throw MultipartErrors.Broken("a part's header has no name");
        var name = Encoding.UTF8.GetString(line[..colon]);
        var value = Encoding.UTF8.GetString(line[(colon + 1)..]).Trim();
        if (name.Equals(Disposition, StringComparison.OrdinalIgnoreCase))
            TakeDisposition(value);
        else if (name.Equals(TransferEncoding, StringComparison.OrdinalIgnoreCase))
            _encoded = value.ToLowerInvariant() is not ("7bit" or "8bit" or "binary");
    }

    /// <summary>Returns the field's name, after all headers.</summary>
    /// <param name="plain">Whether a field must be plain text: no file, and no transfer encoding.</param>
    public string Complete(Func<string, bool> plain)
    {
        var name = Name ?? throw MultipartErrors.Broken("a part has no name");
        if (plain(name) && IsFile)
            throw MultipartErrors.NotAField(name, "expected a plain field, but got a file");
        if (plain(name) && _encoded)
            throw MultipartErrors.NotAField(name, "expected a plain field, but got one with a transfer encoding");
        return name;
    }

    private void TakeDisposition(string value)
    {
        if (Name is not null || !ContentDispositionHeaderValue.TryParse(value, out var parsed))
            throw MultipartErrors.Broken("a part's Content-Disposition cannot be read");
        // Only some readers know the second spelling of a parameter (name*=), so it is as ambiguous as a second value.
        var names = parsed.Parameters.Count(parameter => parameter.Name.StartsWith("name", StringComparison.OrdinalIgnoreCase));
        if (names != 1 || parsed.Name.Length == 0)
            throw MultipartErrors.Broken("a part has no name, or more than one");
        // Readers differ in whether a backslash escapes what follows it.
        if (parsed.Name.AsSpan().Contains('\\'))
            throw MultipartErrors.Broken("a part's name holds a backslash");
        Name = HeaderUtilities.RemoveQuotes(parsed.Name).ToString();
        IsFile = parsed.Parameters.Any(parameter => parameter.Name.StartsWith("filename", StringComparison.OrdinalIgnoreCase));
    }
}
