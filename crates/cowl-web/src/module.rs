//! The calls that the page may make, each an array: a name, then its arguments.

use alloc::vec::Vec;
use core::fmt;

use cowl_core::{Fingerprint, WithdrawalCode};
use minicbor::{Decoder, data::Type};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    about,
    fault::Fault,
    input::Input,
    operation::{Moment, Operation},
    preview,
    receipt::{self, Answer, Asked},
    reply::{Reply, unhex},
    sealing, withdrawal,
};

/// The most operations that are open at once: a page follows one, and opens the next before it closes the last.
const MAX_OPERATIONS: usize = 8;

/// The module's memory between calls: the operations that are open. It holds no key and nothing that a person typed.
#[derive(Default)]
pub struct Module {
    operations: Vec<Option<Operation>>,
}

impl Module {
    /// Answers a call: a map with `ok` and what was asked for, or with `error` and a code. No input makes it
    /// panic.
    pub fn call(&mut self, request: &[u8], rng: &mut impl CryptoRng) -> Zeroizing<Vec<u8>> {
        let mut reply = Reply::default();
        reply.map().key("ok");
        let mut call = Call { d: Decoder::new(request), module: self, reply: &mut reply };
        if let Err(fault) = call.answer(rng) {
            // What was written so far is gone, wiped like every answer.
            drop(Zeroizing::new(core::mem::take(&mut reply).into_bytes()));
            fault.write(&mut reply);
        } else {
            reply.end();
        }
        Zeroizing::new(reply.into_bytes())
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("operations", &self.operations.len()).finish()
    }
}

/// One call.
struct Call<'a, 'b> {
    d: Decoder<'b>,
    module: &'a mut Module,
    reply: &'a mut Reply,
}

impl Call<'_, '_> {
    fn answer(&mut self, rng: &mut impl CryptoRng) -> Result<(), Fault> {
        self.d.array()?.ok_or(Fault::CALL)?;
        match self.d.str()? {
            "operation" => self.operation(),
            "close" => self.close(),
            "renew" => self.renew(),
            "hear" => self.hear(),
            "about" => self.about(),
            "preview" => self.preview(),
            "seal" => self.seal(rng),
            "help" => self.help(),
            "withdrawal" => self.withdrawal(),
            "receipt" => self.receipt(rng),
            "code" => {
                withdrawal::write(&WithdrawalCode::draw(rng), self.reply);
                Ok(())
            }
            "words" => {
                let code = self.code()?;
                withdrawal::write(&code, self.reply);
                Ok(())
            }
            "parse" => {
                withdrawal::write(&WithdrawalCode::parse(self.d.str()?)?, self.reply);
                Ok(())
            }
            "hash" => {
                let code = self.code()?;
                self.reply.hex(&code.hash());
                Ok(())
            }
            "handles" => {
                let code = self.code()?;
                withdrawal::handles(&code, self.d.str()?, self.d.u32()?, self.d.u32()?, self.reply)
            }
            _ => Err(Fault::CALL),
        }
    }

    fn operation(&mut self) -> Result<(), Fault> {
        let manifest = self.d.bytes()?;
        let pinned = match optional(&mut self.d, Decoder::str)? {
            Some(text) => Some(Fingerprint::parse(text).ok_or(Fault::new("not-a-fingerprint"))?),
            None => None,
        };
        let beacon = optional(&mut self.d, Decoder::bytes)?;
        let moment = self.moment()?;
        let mut operation = Operation::open(manifest, pinned)?;
        if let Some(beacon) = beacon {
            operation.hear(beacon, moment)?;
        }
        let operations = &mut self.module.operations;
        let free = operations.iter().position(Option::is_none).unwrap_or(operations.len());
        if free == operations.len() {
            if free >= MAX_OPERATIONS {
                return Err(Fault::CALL);
            }
            operations.push(None);
        }
        if let Some(place) = operations.get_mut(free) {
            *place = Some(operation);
        }
        self.reply.count(free);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let id = usize::from(self.d.u8()?);
        self.module.operations.get_mut(id).ok_or(Fault::CALL)?.take();
        self.reply.null();
        Ok(())
    }

    fn renew(&mut self) -> Result<(), Fault> {
        let id = self.d.u8()?;
        let manifest = self.d.bytes()?;
        opened(self.module, id)?.renew(manifest)?;
        self.reply.null();
        Ok(())
    }

    fn hear(&mut self) -> Result<(), Fault> {
        let (id, moment) = (self.d.u8()?, self.moment()?);
        let operation = opened(self.module, id)?;
        if let Some(beacon) = optional(&mut self.d, Decoder::bytes)? {
            operation.hear(beacon, moment)?;
        }
        self.reply.map();
        operation.write_now(self.reply, moment);
        self.reply.end();
        Ok(())
    }

    fn about(&mut self) -> Result<(), Fault> {
        let (id, moment) = (self.d.u8()?, self.moment()?);
        about::write(opened(self.module, id)?, moment, self.reply);
        Ok(())
    }

    fn preview(&mut self) -> Result<(), Fault> {
        let (id, moment) = (self.d.u8()?, self.moment()?);
        let operation = opened(self.module, id)?;
        let now = operation.time(moment);
        let input = Input::decode(&mut self.d, &operation.manifest.policy, now)?;
        preview::write(operation, input, now, self.reply)
    }

    fn seal(&mut self, rng: &mut impl CryptoRng) -> Result<(), Fault> {
        let (id, moment) = (self.d.u8()?, self.moment()?);
        let operation = opened(self.module, id)?;
        let input = Input::decode(&mut self.d, &operation.manifest.policy, operation.time(moment))?;
        let code = match optional(&mut self.d, Decoder::bytes)? {
            Some(bytes) => Some(withdrawal::code(bytes)?),
            None => None,
        };
        sealing::write(operation, input, code.as_ref(), moment, rng, self.reply)
    }

    fn help(&mut self) -> Result<(), Fault> {
        let (id, moment) = (self.d.u8()?, self.moment()?);
        let operation = opened(self.module, id)?;
        let awaiting = optional(&mut self.d, Decoder::bytes)?;
        sealing::help(operation, awaiting, self.d.bytes()?, moment, self.reply)
    }

    fn withdrawal(&mut self) -> Result<(), Fault> {
        let (id, moment) = (self.d.u8()?, self.moment()?);
        let code = self.code()?;
        let since = optional(&mut self.d, Decoder::u64)?;
        self.reply.text(&withdrawal::text(opened(self.module, id)?, &code, since, moment));
        Ok(())
    }

    fn receipt(&mut self, rng: &mut impl CryptoRng) -> Result<(), Fault> {
        let (id, now) = (self.d.u8()?, self.d.u64()?);
        let operation = opened(self.module, id)?;
        let language = self.d.str()?;
        let notice = unhex(self.d.str()?).ok_or(Fault::CALL)?;
        let asked = Asked::named(self.d.str()?).ok_or(Fault::CALL)?;
        let mut chosen = Vec::new();
        for _ in 0..self.d.array()?.ok_or(Fault::CALL)? {
            chosen.extend(operation.manifest.policy.field_index(self.d.str()?));
        }
        let code = match optional(&mut self.d, Decoder::bytes)? {
            Some(bytes) => Some(withdrawal::code(bytes)?.hash()),
            None => None,
        };
        let answer = Answer { language, notice, asked, chosen, code, now };
        receipt::write(operation, &answer, rng, self.reply);
        Ok(())
    }

    fn code(&mut self) -> Result<WithdrawalCode, Fault> {
        withdrawal::code(self.d.bytes()?)
    }

    fn moment(&mut self) -> Result<Moment, Fault> {
        Ok(Moment { clock: self.d.u64()?, timer: self.d.u64()? })
    }
}

/// The operation of a number.
fn opened(module: &mut Module, id: u8) -> Result<&mut Operation, Fault> {
    module.operations.get_mut(usize::from(id)).and_then(Option::as_mut).ok_or(Fault::CALL)
}

/// A value, or nothing.
fn optional<'b, T>(
    d: &mut Decoder<'b>,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, minicbor::decode::Error>,
) -> Result<Option<T>, Fault> {
    if matches!(d.datatype()?, Type::Null | Type::Undefined) {
        d.skip()?;
        return Ok(None);
    }
    Ok(Some(read(d)?))
}
