using System.Text;
using System.Text.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>An item of a stream being read, and what has been emitted of it.</summary>
internal sealed class StreamedItem
{
    /// <summary>The type of the item; set by a later event where the first had none.</summary>
    public required string Type { get; set; }

    public string? Id { get; init; }

    public long? Index { get; init; }

    /// <summary>The item as last sent.</summary>
    public JsonElement? Wire { get; set; }

    /// <summary>The parts whose text has been emitted.</summary>
    public HashSet<int> Parts { get; } = [];

    public bool HasText => Parts.Count > 0;

    /// <summary>The length of the text that has been emitted.</summary>
    public int Length { get; set; }

    /// <summary>Whether citations have been emitted.</summary>
    public bool IsCited { get; set; }

    /// <summary>Whether it is a message after another one.</summary>
    public bool IsLater { get; set; }

    /// <summary>Whether the emitted reasoning is the summary; null before any.</summary>
    public bool? IsSummary { get; set; }

    public bool IsCall { get; set; }

    public bool IsCustom { get; set; }

    public bool IsOpen { get; set; }

    public bool IsDone { get; set; }

    public int Call { get; set; }

    public string? CallId { get; set; }

    public string? Name { get; set; }

    public StringBuilder Arguments { get; } = new();

    public bool IsNew(int part) => !Parts.Contains(part);

    public bool IsOf(string? type) => type is null || Type == type || (IsCall && type is "function_call" or "custom_tool_call");
}
