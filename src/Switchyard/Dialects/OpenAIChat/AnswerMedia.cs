using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// What a model makes beside text: <c>images</c>, in the form that OpenRouter and others give them, and <c>audio</c>, its speech with a
/// transcript. A stream brings both in its deltas, and sound in pieces.
/// </summary>
internal static class AnswerMedia
{
    private const string Images = "images";
    private const string Audio = "audio";

    /// <summary>Reads them from a message or a delta.</summary>
    public static void Read(JsonElement wire, IList<AIContent> contents)
    {
        if (HoldsImages(wire.Member(Images)))
        {
            foreach (var image in wire.Member(Images)!.Value.EnumerateArray())
                contents.Add(ReadImage(image));
        }

        if (ReadAudio(wire.Member(Audio)) is { } audio)
            contents.Add(audio);
    }

    /// <summary>Whether <see cref="Read"/> has read this member of the message or delta into the contents.</summary>
    public static bool IsRead(string member, IEnumerable<AIContent> contents) =>
        member is Images or Audio && contents.Any(content => CameAs(content, member));

    public static bool IsImage(AIContent content) => content switch
    {
        DataContent data => data.HasTopLevelMediaType("image"),
        UriContent uri => uri.HasTopLevelMediaType("image"),
        _ => CameAs(content, Images),
    };

    public static bool IsAudio(AIContent content) => content is DataContent data && data.HasTopLevelMediaType("audio");

    /// <summary>
    /// Whether a message keeps sound that is not among its contents: the id of an earlier recording, or one whose data cannot be read. Many
    /// servers write null for no sound.
    /// </summary>
    public static bool KeepsAudio(ChatMessage message) =>
        message.AdditionalProperties.Element(Audio) is { ValueKind: JsonValueKind.Object };

    /// <summary>Whether a model made it and a history returns it unchanged: an image as a member, sound by its id.</summary>
    public static bool GoesBack(AIContent content) =>
        CameAs(content, Images) || (CameAs(content, Audio) && content.AdditionalProperties?.ContainsKey("id") == true);

    /// <summary>Writes the images among the contents, and the sound.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<AIContent> contents, AnswerContext context)
    {
        WriteImages(writer, contents);
        if (contents.FirstOrDefault(IsAudio) is DataContent audio)
            WriteAudio(writer, audio, context);
    }

    /// <summary>Writes them into a message of a history. Sound is written by its id alone.</summary>
    public static void WriteBack(Utf8JsonWriter writer, IReadOnlyList<AIContent> contents)
    {
        WriteImages(writer, contents);
        if (contents.FirstOrDefault(content => CameAs(content, Audio)) is not { AdditionalProperties: { } kept }
            || kept["id"] is not JsonElement id)
        {
            return;
        }

        writer.WriteStartObject(Audio);
        writer.WritePropertyName("id"u8);
        id.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static bool HoldsImages(JsonElement? images) => images is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0;

    private static AIContent ReadImage(JsonElement image)
    {
        var address = image.ValueKind == JsonValueKind.Object ? image.Member("image_url") : image;
        var url = address is { ValueKind: JsonValueKind.Object } holder ? holder.Text("url")
            : address is { ValueKind: JsonValueKind.String } text ? text.GetString()
            : null;
        var content = url is null ? null : UrlContent.Read(url, "image/*");
        if (content is DataContent data && !data.HasTopLevelMediaType("image"))
            content = null;
        content ??= new AIContent();
        // Kept whole: providers number them, or add members.
        content.AdditionalProperties = new() { [CanonicalKeys.RawOpenAIChat] = image, [CanonicalKeys.PartType] = Images };
        return content;
    }

    /// <summary>Reads sound; null if its data cannot be read.</summary>
    private static DataContent? ReadAudio(JsonElement? wire)
    {
        if (wire is not { ValueKind: JsonValueKind.Object } audio)
            return null;
        byte[] sound = [];
        if (audio.Member("data") is { ValueKind: not JsonValueKind.Null } data
            && !(data.ValueKind == JsonValueKind.String && data.TryGetBytesFromBase64(out sound!)))
        {
            return null;
        }

        // The format is the one the client asked for; the answer does not name it.
        var content = new DataContent(sound, MediaKinds.OfSound(sound))
        {
            AdditionalProperties = new() { [CanonicalKeys.PartType] = Audio },
        };
        foreach (var member in audio.EnumerateObject())
        {
            if (!member.NameEquals("data") && !KeptFields.IsPrefixed(member.Name) && member.Name != CanonicalKeys.PartType)
                content.AdditionalProperties[member.Name] = member.Value;
        }

        return content;
    }

    private static bool CameAs(AIContent content, string type) =>
        content.AdditionalProperties.Text(CanonicalKeys.PartType) == type;

    private static void WriteImages(Utf8JsonWriter writer, IEnumerable<AIContent> contents)
    {
        var count = 0;
        foreach (var image in contents.Where(IsImage))
        {
            if (count++ == 0)
                writer.WriteStartArray(Images);
            WriteImage(writer, image);
        }

        if (count > 0)
            writer.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter writer, AIContent image)
    {
        if (ContentEncoder.RawOf(image) is { } raw)
        {
            raw.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "image_url"u8);
        writer.WriteStartObject("image_url"u8);
        writer.WriteString("url"u8, image is DataContent data ? data.Uri : ((UriContent)image).Uri.OriginalString);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteAudio(Utf8JsonWriter writer, DataContent audio, AnswerContext context)
    {
        writer.WriteStartObject(Audio);
        if (CameAs(audio, Audio))
        {
            foreach (var (name, value) in audio.AdditionalProperties!)
            {
                if (value is not JsonElement element)
                    continue;
                writer.WritePropertyName(name);
                element.WriteTo(writer);
            }
        }
        else
        {
            // Clients expect all four members. No server keeps the sound under this id, so it has expired already.
            writer.WriteString("id"u8, "audio_" + context.AnswerId);
            writer.WriteNumber("expires_at"u8, context.Created.ToUnixTimeSeconds());
            writer.WriteString(SpokenText.Key, SpokenText.Of(audio) ?? "");
        }

        if (!audio.Data.IsEmpty)
            writer.WriteString("data"u8, audio.Base64Data.Span);
        writer.WriteEndObject();
    }
}
