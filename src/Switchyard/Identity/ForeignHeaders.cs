using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>Whose request headers are honoured beside our own: <c>server.headers_of</c>. Immutable and thread-safe.</summary>
public sealed class ForeignHeaders
{
    /// <summary>The section of a snapshot. Absent where nobody's are.</summary>
    public static readonly SectionKey<ForeignHeaders> Section = new();

    private ForeignHeaders(IReadOnlyCollection<string> products) =>
        (LiteLlm, Portkey) = (products.Contains("litellm"), products.Contains("portkey"));

    /// <summary>Whether <c>x-litellm-*</c> are.</summary>
    public bool LiteLlm { get; }

    /// <summary>Whether <c>x-portkey-*</c> are.</summary>
    public bool Portkey { get; }

    /// <summary>Creates the section; null where nobody's are.</summary>
    internal static ForeignHeaders? From(IReadOnlyCollection<string> products) => products.Count == 0 ? null : new(products);
}
