using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The client's <c>anthropic-beta</c> flags: all of them or, for a host that refuses unknown flags, those it takes. Beside them the header
/// that a flag allows, which such a host does not know.
/// </summary>
internal static class BetaFlags
{
    public static IReadOnlyList<KeyValuePair<string, string>> Carry(CallEnvelope envelope, EgressTarget target, LossReport losses)
    {
        IReadOnlyList<KeyValuePair<string, string>> carried = [];
        foreach (var (name, value) in envelope.Headers)
        {
            if (name == AnthropicKeys.UserProfileHeader && target.Quirks.BetaAllow is null)
                carried = [.. carried, new(name, value)];
            else if (!string.Equals(name, AnthropicKeys.BetaHeader, StringComparison.OrdinalIgnoreCase))
                losses.Drop(name);
            else if (Admitted(value, target.Quirks.BetaAllow, losses) is { Length: > 0 } flags)
                carried = [.. carried, new(AnthropicKeys.BetaHeader, flags)];
        }

        return carried;
    }

    private static string Admitted(string flags, IReadOnlyList<string>? allowed, LossReport losses)
    {
        if (allowed is null)
            return flags;
        var admitted = new List<string>();
        foreach (var flag in flags.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (allowed.Any(prefix => flag.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                admitted.Add(flag);
            else
                losses.Drop($"{AnthropicKeys.BetaHeader}: {flag}");
        }

        return string.Join(',', admitted);
    }
}
