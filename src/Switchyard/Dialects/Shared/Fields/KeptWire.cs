using System.Text.Json;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// A field as it was sent, kept under a mark of its dialect for an encoder of the same format. It is no plain value, so that no other
/// format writes or reports it.
/// </summary>
/// <param name="Value">The field's value.</param>
internal sealed record KeptWire(JsonElement Value);
