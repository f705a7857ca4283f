using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Canonical;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class CanonicalJson : JsonSerializerContext;
