using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared;

/// <summary>The transcript of a recording, which the provider sent beside the sound.</summary>
internal static class SpokenText
{
    /// <summary>The member that holds it, under its name in OpenAI's chat format.</summary>
    public const string Key = "transcript";

    /// <summary>The text; null without one.</summary>
    public static string? Of(AIContent content) =>
        content is DataContent && content.AdditionalProperties.Text(Key) is { Length: > 0 } said ? said : null;
}
