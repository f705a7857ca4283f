using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Identity;

/// <summary>
/// The models that a request names besides its main model, and that its provider may use instead or for a tool. Providers that are gateways
/// themselves accept such lists, which are forwarded unchanged. Read only if the caller's models are restricted.
/// </summary>
internal static class FurtherModels
{
    /// <summary>Vercel's member for options of one of its providers; its own options are in <c>gateway</c>.</summary>
    private const string ProviderOptions = "providerOptions";

    /// <summary>A tool may ask a model of its own: Anthropic's advisor, OpenAI's image generation.</summary>
    private const string Tools = "tools";

    private const string ToolModel = "tools[].model";

    // OpenRouter's and Vercel's, LiteLLM's, OneRouter's, and two more of LiteLLM's.
    private static readonly string[] s_members =
        ["models", "fallbacks", "fallback_models", "context_window_fallbacks", "content_policy_fallbacks"];

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxDepth };

    /// <summary>The further models of a body, in its order; null if it names none. An upload has no such member.</summary>
    /// <exception cref="CallException">A name in the body cannot be read.</exception>
    public static List<FurtherModel>? Of(CallBody body)
    {
        if (body.Streamed is not null)
            return null;
        return body.Wire is { } wire ? OfWire(wire.Memory.Span) : OfObject(body.GetCanonical());
    }

    /// <summary>The further models of a request's JSON, in its order; null if it names none.</summary>
    /// <exception cref="CallException">A name in it cannot be read.</exception>
    public static List<FurtherModel>? OfWire(ReadOnlySpan<byte> body)
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
                else if (member == Tools)
                    TakeTools(ref found, ref reader);
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
        var plain = PlainValues.ToJson(request, new LossReport());
        var kept = plain switch
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
            if (member is ProviderOptions or Tools || Array.IndexOf(s_members, member) >= 0)
                Take(ref found, member, value is JsonElement json ? json : JsonElement.Parse(WireJson.ToJson(value)));
        }

        foreach (var tool in (plain as CanonicalChatRequest)?.Options.Tools ?? [])
        {
            foreach (var value in tool.AdditionalProperties.Values)
            {
                if (value is JsonElement declared)
                    AddTool(ref found, declared);
            }
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

        return reader.ValueTextEquals(ProviderOptions) ? ProviderOptions : reader.ValueTextEquals(Tools) ? Tools : null;
    }

    /// <summary>Takes the models of tools. Most tools name none and are long, so they are not copied into a document.</summary>
    private static void TakeTools(ref List<FurtherModel>? found, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = reader.ValueTextEquals("model"u8);
                reader.Read();
                if (isModel && reader.TokenType == JsonTokenType.String)
                    (found ??= []).Add(new(reader.GetString()!, ToolModel));
                else
                    reader.Skip();
            }
        }
    }

    private static void Take(ref List<FurtherModel>? found, string member, JsonElement value)
    {
        if (member == Tools)
        {
            if (value.ValueKind != JsonValueKind.Array)
                return;
            foreach (var tool in value.EnumerateArray())
                AddTool(ref found, tool);
        }
        else if (member != ProviderOptions)
        {
            Add(ref found, member, value);
        }
        else if (value.Member("gateway")?.Member("models") is { } models)
        {
            Add(ref found, "providerOptions.gateway.models", models);
        }
    }

    private static void AddTool(ref List<FurtherModel>? found, JsonElement tool)
    {
        if (tool.Text("model") is { } name)
            (found ??= []).Add(new(name, ToolModel));
    }

    /// <summary>
    /// Adds every name of <c>"a"</c>, <c>["a"]</c>, <c>[{"model":"a"}]</c> and <c>[{"b":["a"]}]</c>; LiteLLM accepts all four forms.
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
            // Other members next to a name, such as stop sequences, are options of that model.
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

/// <summary>A model that a request names besides its main model.</summary>
/// <param name="Name">The name as sent to the provider.</param>
/// <param name="Member">The member that holds it, for messages.</param>
internal readonly record struct FurtherModel(string Name, string Member);
