using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Identity;

/// <summary>
/// The models that a request names beside the one it asks for, and that its provider may answer with instead. Providers that are gateways
/// themselves take such lists, which are sent on as they came. Read only where the caller has a list of models.
/// </summary>
internal static class FurtherModels
{
    /// <summary>Vercel's member for what is meant for one of its providers; its own are in <c>gateway</c>.</summary>
    private const string ProviderOptions = "providerOptions";

    // OpenRouter's and Vercel's, LiteLLM's, OneRouter's, and two more of LiteLLM's.
    private static readonly string[] s_members =
        ["models", "fallbacks", "fallback_models", "context_window_fallbacks", "content_policy_fallbacks"];

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxDepth };

    /// <summary>The further models of a body, in its order; null where it names none. An upload has no such member.</summary>
    /// <exception cref="CallException">A name in the body cannot be read.</exception>
    public static List<FurtherModel>? Of(CallBody body)
    {
        if (body.Streamed is not null)
            return null;
        return body.Wire is { } wire ? OfWire(wire.Memory.Span) : OfObject(body.GetCanonical());
    }

    private static List<FurtherModel>? OfWire(ReadOnlySpan<byte> body)
    {
        List<FurtherModel>? found = null;
        try
        {
            var reader = new Utf8JsonReader(body, s_options);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var member = MemberAt(ref reader);
                reader.Read();
                if (member is null)
                    reader.Skip();
                else
                    Take(ref found, member, JsonElement.ParseValue(ref reader));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw RequestErrors.Unreadable(body, e);
        }

        return found;
    }

    private static List<FurtherModel>? OfObject(CanonicalRequest request)
    {
        var kept = PlainValues.ToJson(request, new LossReport()) switch
        {
            CanonicalChatRequest chat => chat.Options.AdditionalProperties,
            CanonicalEmbeddingRequest embedding => embedding.Options.AdditionalProperties,
            CanonicalRerankRequest rerank => rerank.AdditionalProperties,
            _ => null,
        };
        List<FurtherModel>? found = null;
        foreach (var (key, value) in kept ?? [])
        {
            // Also under the name of one format: openai-chat:models.
            var member = key[(key.LastIndexOf(':') + 1)..];
            if (member == ProviderOptions || Array.IndexOf(s_members, member) >= 0)
                Take(ref found, member, value is JsonElement json ? json : JsonElement.Parse(WireJson.ToJson(value)));
        }

        return found;
    }

    private static string? MemberAt(ref Utf8JsonReader reader)
    {
        foreach (var member in s_members)
        {
            if (reader.ValueTextEquals(member))
                return member;
        }

        return reader.ValueTextEquals(ProviderOptions) ? ProviderOptions : null;
    }

    private static void Take(ref List<FurtherModel>? found, string member, JsonElement value)
    {
        if (member != ProviderOptions)
            Add(ref found, member, value);
        else if (value.Member("gateway")?.Member("models") is { } models)
            Add(ref found, "providerOptions.gateway.models", models);
    }

    /// <summary>
    /// Adds every name of <c>"a"</c>, <c>["a"]</c>, <c>[{"model":"a"}]</c> and <c>[{"b":["a"]}]</c>, which LiteLLM takes all.
    /// </summary>
    private static void Add(ref List<FurtherModel>? found, string member, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                (found ??= []).Add(new(value.GetString()!, member));
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Add(ref found, member, item);
                break;
            // What else stands beside a name, such as stop sequences, is for that model.
            case JsonValueKind.Object when value.Member("model") is { } name:
                Add(ref found, member, name);
                break;
            case JsonValueKind.Object:
                foreach (var inner in value.EnumerateObject())
                    Add(ref found, member, inner.Value);
                break;
        }
    }
}

/// <summary>A model that a request names beside its own.</summary>
/// <param name="Name">The name, as the provider is sent it.</param>
/// <param name="Member">The member it stands in, for messages.</param>
internal readonly record struct FurtherModel(string Name, string Member);
