using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// <c>GET /v1beta/models</c> as Google's clients read it: resource names, token limits, and the methods each model answers.
/// </summary>
internal sealed class ModelListEncoder : IModelListEncoder
{
    public DialectId Dialect => DialectId.Gemini;

    public string? MarkHeader => null;

    public void EncodeList(Utf8JsonWriter json, IReadOnlyList<ModelListing> models, Func<string, string?> query)
    {
        var first = PageQuery.IndexOf(models, LastOf(query("pageToken")), "pageToken") + 1;
        var end = Math.Min(models.Count, first + PageQuery.Size(query, "pageSize"));
        json.WriteStartObject();
        json.WriteStartArray("models");
        for (var i = first; i < end; i++)
            EncodeModel(json, models[i]);
        json.WriteEndArray();
        if (end < models.Count)
            json.WriteString("nextPageToken", Base64Url.EncodeToString(Encoding.UTF8.GetBytes(models[end - 1].Id)));
        json.WriteEndObject();
    }

    public void EncodeModel(Utf8JsonWriter json, ModelListing model)
    {
        json.WriteStartObject();
        json.WriteString("name", "models/" + model.Id);
        json.WriteString("displayName", model.Name);
        if (model.Facts.ContextWindow is { } context)
            json.WriteNumber("inputTokenLimit", context);
        if (model.Facts.MaxOutputTokens is { } output)
            json.WriteNumber("outputTokenLimit", output);
        json.WriteStartArray("supportedGenerationMethods");
        ReadOnlySpan<string> methods = model.Embeds
            ? ["embedContent", "batchEmbedContents"]
            : ["generateContent", "streamGenerateContent", "countTokens"];
        foreach (var method in methods)
            json.WriteStringValue(method);
        json.WriteEndArray();
        if (model.Facts.Reasoning is { } reasons)
            json.WriteBoolean("thinking", reasons);
        json.WriteEndObject();
    }

    /// <summary>The id in a page token: that of the last model of the previous page.</summary>
    private static string? LastOf(string? token)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (FormatException)
        {
            throw new CallException(CallErrorKind.InvalidRequest, "'pageToken' is not one that this gateway returned.", "pageToken");
        }
    }
}
