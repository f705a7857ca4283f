using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>An image the model made, which is a separate item in this format.</summary>
internal static class ImageItem
{
    public const string Type = "image_generation_call";

    /// <summary>Reads an item of an answer: the image, with the item kept whole, or only the item if it holds no image.</summary>
    public static AIContent Read(JsonElement item)
    {
        var format = item.Text("output_format") is { Length: > 0 } known ? known : "png";
        if (item.Text("result") is { Length: > 0 } data
            && UrlContent.Read($"data:image/{format};base64,{data}", mediaType: null) is DataContent image)
        {
            image.AdditionalProperties = new() { [ItemKeys.Raw] = item };
            return image;
        }

        return ContentDecoder.Whole(item);
    }

    /// <summary>Whether the content can be written as such an item: the item holds the data, not an address.</summary>
    public static bool Holds(AIContent content) => content is DataContent data && data.HasTopLevelMediaType("image");

    public static void Write(Utf8JsonWriter writer, DataContent image, string id)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, Type);
        writer.WriteString("status"u8, "completed"u8);
        writer.WriteString("result"u8, image.Base64Data.Span);
        writer.WriteEndObject();
    }

    public static JsonElement Write(DataContent image, string id)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
            Write(writer, image, id);
        return JsonElement.Parse(output.WrittenSpan);
    }
}
