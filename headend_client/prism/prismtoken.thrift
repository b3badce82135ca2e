// What Relight says to a PrismToken module and what it hears: API 1.1, framed transport, binary protocol, inside TLS.
// Written from the published description of the API; only what is used here, under the numbers that the wire has.

exception ApiException {
  1: string eCode       // a word such as EKeystore.NotFound
  2: string eMsgEn
}

struct SessionOptions {
  1: string version
}

struct SignInResult {
  1: string accessToken
}

struct Alert {
  1: string eCode
  2: string eMsgEn
}

struct NodeStatus {
  1: map<string, string> info
  2: list<Alert> alerts
}

struct MeterConfigAmendment {
  1: i32 toSgc
  2: i16 toKrn
  3: i16 toTi
}

// What the meter has now; newConfig: what it shall have before the token.
struct MeterConfigIn {
  1: string drn
  2: i16 ea
  3: i16 tct
  10: i32 sgc
  11: i16 krn
  12: i16 ti
  20: optional MeterConfigAmendment newConfig
  21: optional bool allowKrnUpdate
  30: i16 ken
  31: optional string doe      // YYMM
  32: optional bool allow3Kct
  33: optional bool allowKenUpdate
}

// In the first token of a key change set.
struct MeterConfigAdvice {
  1: i32 toSgc
  2: i16 toKrn
  3: i16 toTi
  4: i16 toKen
  10: string idRecord
  11: string record2
  20: bool rollover
  21: string toVkKcv
}

struct Token {
  1: string drn
  2: string pan
  3: i16 ea
  4: i16 tct
  5: i32 sgc
  6: i16 krn
  7: i16 ti
  10: i16 tokenClass
  11: i16 subclass
  12: i32 tid
  13: double transferAmount    // as the token carries it, rounded
  14: bool isReservedTid
  15: optional MeterConfigAdvice newConfig
  20: string description
  21: string stsUnitName
  22: string scaledAmount
  23: string scaledUnitName
  30: string tokenDec
  31: string tokenHex
  40: string idSm
  41: string vkKcv
}

struct MeterTestToken {
  1: string drn
  2: string pan
  10: i16 tokenClass
  11: i16 subclass
  12: i64 control
  13: i16 mfrcode
  20: string description
  30: string tokenDec
  31: string tokenHex
}

struct VerifyResult {
  1: string validationResult   // EVerify.Ok, or why not
  2: optional Token token
  3: optional MeterTestToken meterTestToken
}

service TokenApi {
  string ping(1: i32 sleepMs, 2: string echo) throws (1: ApiException ex1)

  SignInResult signInWithPassword(
    1: string messageId, 2: string realm, 3: string username, 4: string password, 5: SessionOptions sessionOpts
  ) throws (1: ApiException ex1)

  list<NodeStatus> getStatus(1: string messageId, 2: string accessToken) throws (1: ApiException ex1)

  list<Token> issueCreditToken(
    1: string messageId, 2: string accessToken, 3: MeterConfigIn meterConfig, 4: i16 subclass,
    5: double transferAmount, 6: i64 tokenTime, 7: i64 flags
  ) throws (1: ApiException ex1)

  MeterTestToken issueMeterTestToken(
    1: string messageId, 2: string accessToken, 3: i16 subclass, 4: i64 control, 5: i16 mfrcode
  ) throws (1: ApiException ex1)

  list<Token> issueMseToken(
    1: string messageId, 2: string accessToken, 3: MeterConfigIn meterConfig, 4: i16 subclass,
    5: double transferAmount, 6: i64 tokenTime, 7: i64 flags
  ) throws (1: ApiException ex1)

  list<Token> issueKeyChangeTokens(
    1: string messageId, 2: string accessToken, 3: MeterConfigIn meterConfig, 4: MeterConfigAmendment newConfig
  ) throws (1: ApiException ex1)

  VerifyResult verifyToken(
    1: string messageId, 2: string accessToken, 3: MeterConfigIn meterConfig, 4: string tokenDec
  ) throws (1: ApiException ex1)

  list<Token> fetchTokenResult(1: string messageId, 2: string accessToken, 3: string reqMessageId)
    throws (1: ApiException ex1)
}
