using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Canonical;

[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(string))]
internal sealed partial class CanonicalJson : JsonSerializerContext;
