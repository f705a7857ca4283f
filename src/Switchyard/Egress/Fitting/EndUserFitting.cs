using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Shortens the identifier of the end user to the length that the target's format takes. Coding agents send a device, an account and a
/// session in one text, which is far longer than OpenAI's 64 characters. Its hash identifies the same user as well, so nothing is lost.
/// </summary>
internal static class EndUserFitting
{
    private static readonly string[] s_fields = ["user", "safety_identifier"];

    /// <summary>The request with identifiers that fit; the same one if they do already.</summary>
    public static CanonicalChatRequest Fit(CanonicalChatRequest request, DialectId dialect)
    {
        var limit = dialect == DialectId.OpenAIChat || dialect == DialectId.OpenAIResponses ? 64
            : dialect == DialectId.AnthropicMessages ? 256
            : int.MaxValue;
        ChatOptions? fitted = null;
        foreach (var field in s_fields)
        {
            if (request.Options.AdditionalProperties.Text(field) is not { } user || user.Length <= limit)
                continue;
            fitted ??= request.Options.Clone();
            fitted.AdditionalProperties![field] = Hash(user);
        }

        return fitted is null ? request : request.With(options: fitted);
    }

    private static JsonElement Hash(string user) =>
        JsonElement.Parse(WireJson.Quote(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user)))));
}
