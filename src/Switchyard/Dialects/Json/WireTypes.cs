using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Dialects.Json;

/// <summary>
/// The collections that <see cref="WireJson"/> can write in a natively compiled program beside the types Microsoft.Extensions.AI
/// describes. With reflection it is neither needed nor used.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(object[]))]
[JsonSerializable(typeof(List<object>))]
[JsonSerializable(typeof(List<JsonElement>))]
[JsonSerializable(typeof(Dictionary<string, int>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(double[]))]
internal sealed partial class WireTypes : JsonSerializerContext;
