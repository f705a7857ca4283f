using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>The other products whose request headers are honoured: <c>server.headers_of</c>. Immutable and thread-safe.</summary>
public sealed class ForeignHeaders
{
    /// <summary>The section of a snapshot. Absent if none is configured.</summary>
    public static readonly SectionKey<ForeignHeaders> Section = new();

    private ForeignHeaders(IReadOnlyCollection<string> products) =>
        (LiteLlm, Portkey) = (products.Contains("litellm"), products.Contains("portkey"));

    /// <summary>Whether <c>x-litellm-*</c> headers are honoured.</summary>
    public bool LiteLlm { get; }

    /// <summary>Whether <c>x-portkey-*</c> headers are honoured.</summary>
    public bool Portkey { get; }

    /// <summary>Creates the section; null if none is configured.</summary>
    internal static ForeignHeaders? From(IReadOnlyCollection<string> products) => products.Count == 0 ? null : new(products);
}
