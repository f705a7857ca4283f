using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// <c>GET /v1/models</c> as Anthropic's clients read it: <c>data</c>, <c>has_more</c>, and the ids at both ends of the page.
/// </summary>
internal sealed class ModelListEncoder : IModelListEncoder
{
    public DialectId Dialect => DialectId.AnthropicMessages;

    public string? MarkHeader => "anthropic-version";

    public void EncodeList(Utf8JsonWriter json, IReadOnlyList<ModelListing> models, Func<string, string?> query)
    {
        var size = PageQuery.Size(query, "limit");
        var after = PageQuery.IndexOf(models, query("after_id"), "after_id");
        var before = PageQuery.IndexOf(models, query("before_id"), "before_id");
        // before_id asks for the page that ends just before that model.
        var first = before >= 0 ? Math.Max(0, before - size) : after + 1;
        var end = before >= 0 ? before : Math.Min(models.Count, first + size);
        json.WriteStartObject();
        json.WriteStartArray("data");
        for (var i = first; i < end; i++)
            EncodeModel(json, models[i]);
        json.WriteEndArray();
        json.WriteBoolean("has_more", before >= 0 ? first > 0 : end < models.Count);
        json.WriteString("first_id", first < end ? models[first].Id : null);
        json.WriteString("last_id", first < end ? models[end - 1].Id : null);
        json.WriteEndObject();
    }

    public void EncodeModel(Utf8JsonWriter json, ModelListing model)
    {
        json.WriteStartObject();
        json.WriteString("type", "model");
        json.WriteString("id", model.Id);
        json.WriteString("display_name", model.Name);
        // The member is required; the API itself writes 1970-01-01 where it knows no date.
        json.WriteString("created_at", (model.Created ?? DateTimeOffset.UnixEpoch).UtcDateTime);
        if (model.Facts.ContextWindow is { } context)
            json.WriteNumber("max_input_tokens", context);
        if (model.Facts.MaxOutputTokens is { } output)
            json.WriteNumber("max_tokens", output);
        json.WriteEndObject();
    }
}
